// purpose: Tie regions to the one a level up, which may belong to a coarser atlas.
// params: rows: LIST<MAP>
// keys: rows.id, rows.parent
// mode: write
// columns:

UNWIND $rows AS row
MATCH (n:Region {id: row.id}), (p:Region {id: row.parent})
MERGE (n)-[:CHILD_OF]->(p)
