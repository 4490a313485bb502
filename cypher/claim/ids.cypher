// purpose: Claims of any or one status, page by page in id order.
// params: status: STRING?, after: STRING, limit: INTEGER
// mode: read
// columns: id

MATCH (c:Claim)
WHERE c.id > $after AND ($status IS NULL OR c.status = $status)
RETURN c.id AS id
ORDER BY id
LIMIT $limit
