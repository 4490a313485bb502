// purpose: What still refers to a model: checkpoints and model links.
// params: id: STRING
// mode: read
// columns: label, id

MATCH (:Model {id: $id})<-[:OF|ABOUT_MODEL]-(n)
WHERE NOT n:Withdrawn
RETURN labels(n)[0] AS label, n.id AS id
ORDER BY label, id
LIMIT 20
