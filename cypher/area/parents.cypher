// purpose: Hang sub-areas under their areas.
// params: rows: LIST<MAP>
// keys: rows.id, rows.parent
// mode: write
// columns:

UNWIND $rows AS row
MATCH (a:Area {id: row.id}), (p:Area {id: row.parent})
MERGE (a)-[:SUBAREA_OF]->(p)
