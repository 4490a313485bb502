// purpose: Say which functions areas realize.
// params: rows: LIST<MAP>
// keys: rows.id, rows.function
// mode: write
// columns:

UNWIND $rows AS row
MATCH (a:Area {id: row.id}), (f:Function {id: row.function})
MERGE (a)-[:REALIZES]->(f)
