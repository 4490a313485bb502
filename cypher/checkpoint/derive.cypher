// purpose: Tie checkpoints to the ones they were trained on from.
// params: rows: LIST<MAP>
// keys: rows.id, rows.parent
// mode: write
// columns:

UNWIND $rows AS row
MATCH (k:Checkpoint {id: row.id}), (parent:Checkpoint {id: row.parent})
MERGE (k)-[:DERIVED_FROM]->(parent)
