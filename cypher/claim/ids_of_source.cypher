// purpose: Claims of a source, page by page in id order, of any or one status.
// params: source: STRING, status: STRING?, after: STRING, limit: INTEGER
// mode: read
// columns: id

MATCH (:Source {id: $source})<-[:FROM]-(c:Claim)
WHERE c.id > $after AND ($status IS NULL OR c.status = $status)
RETURN c.id AS id
ORDER BY id
LIMIT $limit
