// purpose: The content of these atlases.
// params: ids: LIST<STRING>
// mode: read
// columns: id, name, version, space, template, kind, licence, source, volume, supersedes

UNWIND $ids AS id
MATCH (n:Atlas {id: id})-[:FROM]->(s:Source)
RETURN n.id AS id, n.name AS name, n.version AS version, n.space AS space, n.template AS template,
       n.kind AS kind, n.licence AS licence, s.id AS source, n.volume AS volume,
       n.supersedes AS supersedes
