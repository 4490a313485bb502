// purpose: The content of these functions.
// params: ids: LIST<STRING>
// mode: read
// columns: id, parent, name, definition, ontology, external_id, aliases, status, replaced_by, edited_by

UNWIND $ids AS id
MATCH (n:Function {id: id})
OPTIONAL MATCH (n)-[:SUBFUNCTION_OF]->(p:Function)
RETURN n.id AS id, p.id AS parent, n.name AS name, n.definition AS definition,
       n.ontology AS ontology, n.external_id AS external_id, n.aliases AS aliases,
       n.status AS status, n.replaced_by AS replaced_by, n.edited_by AS edited_by
