// purpose: Content digests of the Matrix nodes that exist among the ids.
// params: ids: LIST<STRING>
// mode: read
// columns: id, digest

UNWIND $ids AS id
MATCH (n:Matrix {id: id})
RETURN n.id AS id, n.digest AS digest
