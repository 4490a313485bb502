// purpose: One function with its children.
// params: id: STRING
// mode: read
// columns: id, name, definition, ontology, external_id, aliases, parent, children, status,
//   replaced_by, digest

MATCH (f:Function {id: $id})
OPTIONAL MATCH (f)-[:SUBFUNCTION_OF]->(p:Function)
OPTIONAL MATCH (child:Function)-[:SUBFUNCTION_OF]->(f)
WITH f, p, child
ORDER BY child.id
WITH f, p, collect(child.id) AS children
RETURN f.id AS id, f.name AS name, f.definition AS definition, f.ontology AS ontology,
       f.external_id AS external_id, coalesce(f.aliases, []) AS aliases, p.id AS parent, children,
       coalesce(f.status, 'active') AS status, coalesce(f.replaced_by, []) AS replaced_by,
       f.digest AS digest
