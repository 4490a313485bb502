// purpose: What still refers to a checkpoint: compositions and checkpoints trained on from it.
// params: id: STRING
// mode: read
// columns: label, id

MATCH (:Checkpoint {id: $id})<-[:USES|DERIVED_FROM]-(n)
WHERE NOT n:Withdrawn
RETURN labels(n)[0] AS label, n.id AS id
ORDER BY label, id
LIMIT 20
