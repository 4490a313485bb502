// purpose: Content digests of the Term nodes that exist among the ids.
// params: ids: LIST<STRING>
// mode: read
// columns: id, digest

UNWIND $ids AS id
MATCH (n:Term {id: id})
RETURN n.id AS id, n.digest AS digest
