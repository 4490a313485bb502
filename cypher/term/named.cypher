// purpose: Records that name one of these terms (optimizer:sgd).
// params: ids: LIST<STRING>
// mode: read
// columns: noun, id

UNWIND $ids AS id
MATCH (n:Model)
WHERE id = 'category:' + n.category
RETURN 'model' AS noun, n.id AS id
UNION
UNWIND $ids AS id
MATCH (n:Checkpoint)
WHERE id = 'optimizer:' + n.optimizer OR id = 'platform:' + n.platform
RETURN 'checkpoint' AS noun, n.id AS id
