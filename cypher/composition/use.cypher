// purpose: Say which checkpoint fills each slot of a composition, and at which taps.
// params: rows: LIST<MAP>
// keys: rows.id, rows.checkpoint, rows.slot
// mode: write
// columns:

UNWIND $rows AS row
MATCH (k:Composition {id: row.id}), (c:Checkpoint {id: row.checkpoint})
MERGE (k)-[u:USES {slot: row.slot}]->(c)
SET u.taps = row.taps
