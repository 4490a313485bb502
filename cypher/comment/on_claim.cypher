// purpose: Tie comments to the claims they are on.
// params: rows: LIST<MAP>
// keys: rows.id, rows.claim
// mode: write
// columns:

UNWIND $rows AS row
MATCH (n:Comment {id: row.id}), (c:Claim {id: row.claim})
MERGE (n)-[:ON]->(c)
