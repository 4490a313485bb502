// purpose: What still refers to a data set: weights trained on it, scenarios, and compositions whose
// request names it.
// params: id: STRING
// mode: read
// columns: label, id

MATCH (:Dataset {id: $id})<-[:TRAINED_ON]-(n:Checkpoint)
RETURN 'Checkpoint' AS label, n.id AS id
UNION ALL
MATCH (n:Scenario {dataset: $id})
RETURN 'Scenario' AS label, n.id AS id
UNION ALL
MATCH (n:Composition)
WHERE n.request CONTAINS '"dataset": "' + $id + '"'
RETURN 'Composition' AS label, n.id AS id
