// purpose: Claims about a region, page by page in id order, by any of function, source and status.
// params: region: STRING, function: STRING?, source: STRING?, status: STRING?, after: STRING, limit: INTEGER
// mode: read
// columns: id

MATCH (:Region {id: $region})<-[:ABOUT_REGION]-(c:Claim)
WHERE c.id > $after AND ($status IS NULL OR c.status = $status)
MATCH (c)-[:ABOUT_FUNCTION]->(f:Function), (c)-[:FROM]->(s:Source)
WHERE ($function IS NULL OR f.id = $function) AND ($source IS NULL OR s.id = $source)
RETURN c.id AS id
ORDER BY id
LIMIT $limit
