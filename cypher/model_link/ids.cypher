// purpose: Links between regions and models of any or one status, page by page in id order.
// params: status: STRING?, after: STRING, limit: INTEGER
// mode: read
// columns: id

MATCH (n:ModelLink)
WHERE n.id > $after AND ($status IS NULL OR n.status = $status)
RETURN n.id AS id
ORDER BY id
LIMIT $limit
