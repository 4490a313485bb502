// purpose: The content of these functional areas.
// params: ids: LIST<STRING>
// mode: read
// columns: id, parent, name, modality, realizes, status, replaced_by, edited_by

UNWIND $ids AS id
MATCH (n:Area {id: id})
OPTIONAL MATCH (n)-[:SUBAREA_OF]->(p:Area)
RETURN n.id AS id, p.id AS parent, n.name AS name, n.modality AS modality,
       COLLECT { MATCH (n)-[:REALIZES]->(f:Function) RETURN f.id ORDER BY f.id } AS realizes,
       n.status AS status, n.replaced_by AS replaced_by, n.edited_by AS edited_by
