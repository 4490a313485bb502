// purpose: Every data set.
// mode: read
// columns: id, name, modalities, labels, licence, citation, content_sha256

MATCH (d:Dataset)
RETURN d.id AS id, d.name AS name, d.modalities AS modalities, d.labels AS labels,
       d.licence AS licence, d.citation AS citation, d.content_sha256 AS content_sha256
ORDER BY id
