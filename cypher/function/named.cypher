// purpose: Records that name one of these functions.
// params: ids: LIST<STRING>
// mode: read
// columns: noun, id

UNWIND $ids AS id
MATCH (:Function {id: id})<-[:ABOUT_FUNCTION]-(n:Claim)
RETURN 'claim' AS noun, n.id AS id
UNION
UNWIND $ids AS id
MATCH (:Function {id: id})<-[:REALIZES]-(n:Area)
RETURN 'area' AS noun, n.id AS id
UNION
UNWIND $ids AS id
MATCH (n:Model)
WHERE id IN n.functions
RETURN 'model' AS noun, n.id AS id
