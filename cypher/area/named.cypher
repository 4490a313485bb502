// purpose: Records that name one of these areas.
// params: ids: LIST<STRING>
// mode: read
// columns: noun, id

UNWIND $ids AS id
MATCH (:Area {id: id})<-[:SERVES]-(n:Model)
RETURN DISTINCT 'model' AS noun, n.id AS id
