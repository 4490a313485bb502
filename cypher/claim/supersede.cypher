// purpose: Put claims aside that a newer version of themselves replaces; they keep their content
// under an archived id and stop counting.
// params: rows: LIST<MAP>
// keys: rows.id, rows.archived
// mode: write
// columns: region, function

UNWIND $rows AS row
MATCH (c:Claim {id: row.id})-[:ABOUT_REGION]->(r:Region), (c)-[:ABOUT_FUNCTION]->(f:Function)
SET c.id = row.archived, c.status = 'superseded'
RETURN r.id AS region, f.id AS function
