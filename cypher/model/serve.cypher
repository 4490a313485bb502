// purpose: Say which areas models serve.
// params: rows: LIST<MAP>
// keys: rows.id, rows.area
// mode: write
// columns:

UNWIND $rows AS row
MATCH (m:Model {id: row.id}), (a:Area {id: row.area})
MERGE (m)-[:SERVES]->(a)
