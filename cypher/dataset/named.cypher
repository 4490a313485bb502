// purpose: Records that name one of these data sets.
// params: ids: LIST<STRING>
// mode: read
// columns: noun, id

UNWIND $ids AS id
MATCH (:Dataset {id: id})<-[:TRAINED_ON]-(n:Checkpoint)
RETURN 'checkpoint' AS noun, n.id AS id
UNION
UNWIND $ids AS id
MATCH (n:Scenario {dataset: id})
RETURN 'scenario' AS noun, n.id AS id
