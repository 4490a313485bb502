// purpose: Links about a region, page by page in id order, by any of model and status.
// params: region: STRING, model: STRING?, status: STRING?, after: STRING, limit: INTEGER
// mode: read
// columns: id

MATCH (:Region {id: $region})<-[:ABOUT_REGION]-(n:ModelLink)-[:ABOUT_MODEL]->(m:Model)
WHERE n.id > $after AND ($status IS NULL OR n.status = $status)
  AND ($model IS NULL OR m.id = $model)
RETURN n.id AS id
ORDER BY id
LIMIT $limit
