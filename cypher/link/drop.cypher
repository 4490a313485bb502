// purpose: Take away projected links that no accepted claim supports any more.
// params: rows: LIST<MAP>
// keys: rows.region, rows.function
// mode: write
// columns:

UNWIND $rows AS row
MATCH (:Region {id: row.region})-[h:HAS_FUNCTION]->(:Function {id: row.function})
DELETE h
