// purpose: Hang functions under their parents.
// params: rows: LIST<MAP>
// keys: rows.id, rows.parent
// mode: write
// columns:

UNWIND $rows AS row
MATCH (f:Function {id: row.id}), (p:Function {id: row.parent})
MERGE (f)-[:SUBFUNCTION_OF]->(p)
