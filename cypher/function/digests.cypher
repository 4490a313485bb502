// purpose: Content digests of the Function nodes that exist among the ids.
// params: ids: LIST<STRING>
// mode: read
// columns: id, digest

UNWIND $ids AS id
MATCH (n:Function {id: id})
RETURN n.id AS id, n.digest AS digest
