// purpose: Content digests of the ModelLink nodes that exist among the ids.
// params: ids: LIST<STRING>
// mode: read
// columns: id, digest

UNWIND $ids AS id
MATCH (n:ModelLink {id: id})
RETURN n.id AS id, n.digest AS digest
