// purpose: The checkpoints of a composition, slot by slot.
// params: id: STRING
// mode: read
// columns: slot, taps, checkpoint, model

MATCH (:Composition {id: $id})-[u:USES]->(c:Checkpoint)-[:OF]->(m:Model)
RETURN u.slot AS slot, u.taps AS taps, c.id AS checkpoint, m.id AS model
ORDER BY slot
