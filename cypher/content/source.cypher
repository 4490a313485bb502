// purpose: The content of these sources.
// params: ids: LIST<STRING>
// mode: read
// columns: id, name, version, licence, citation, url, sha256, accepted

UNWIND $ids AS id
MATCH (n:Source {id: id})
RETURN n.id AS id, n.name AS name, n.version AS version, n.licence AS licence,
       n.citation AS citation, n.url AS url, n.sha256 AS sha256, n.accepted AS accepted
