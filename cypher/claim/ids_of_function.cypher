// purpose: Claims about a function, page by page in id order, by any of source and status.
// params: function: STRING, source: STRING?, status: STRING?, after: STRING, limit: INTEGER
// mode: read
// columns: id

MATCH (:Function {id: $function})<-[:ABOUT_FUNCTION]-(c:Claim)
WHERE c.id > $after AND ($status IS NULL OR c.status = $status)
MATCH (c)-[:FROM]->(s:Source)
WHERE $source IS NULL OR s.id = $source
RETURN c.id AS id
ORDER BY id
LIMIT $limit
