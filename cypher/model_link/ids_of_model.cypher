// purpose: Links about a model, page by page in id order, of any or one status.
// params: model: STRING, status: STRING?, after: STRING, limit: INTEGER
// mode: read
// columns: id

MATCH (:Model {id: $model})<-[:ABOUT_MODEL]-(n:ModelLink)
WHERE n.id > $after AND ($status IS NULL OR n.status = $status)
RETURN n.id AS id
ORDER BY id
LIMIT $limit
