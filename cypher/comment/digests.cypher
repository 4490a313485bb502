// purpose: Content digests of the Comment nodes that exist among the ids.
// params: ids: LIST<STRING>
// mode: read
// columns: id, digest

UNWIND $ids AS id
MATCH (n:Comment {id: id})
RETURN n.id AS id, n.digest AS digest
