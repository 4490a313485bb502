// purpose: The content of these data sets' records.
// params: ids: LIST<STRING>
// mode: read
// columns: id, name, modalities, labels, licence, citation, content_sha256, status, replaced_by, edited_by

UNWIND $ids AS id
MATCH (n:Dataset {id: id})
RETURN n.id AS id, n.name AS name, n.modalities AS modalities, n.labels AS labels,
       n.licence AS licence, n.citation AS citation, n.content_sha256 AS content_sha256,
       n.status AS status, n.replaced_by AS replaced_by, n.edited_by AS edited_by
