// purpose: One data set.
// params: id: STRING
// mode: read
// columns: id, name, modalities, labels, licence, citation, content_sha256, digest, status,
//   replaced_by

MATCH (d:Dataset {id: $id})
RETURN d.id AS id, d.name AS name, d.modalities AS modalities, d.labels AS labels,
       d.licence AS licence, d.citation AS citation, d.content_sha256 AS content_sha256,
       d.digest AS digest,
       coalesce(d.status, 'active') AS status, coalesce(d.replaced_by, []) AS replaced_by
ORDER BY id
