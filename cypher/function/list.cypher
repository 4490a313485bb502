// purpose: Functions page by page in id order, optionally among given ids; those that others have
// replaced only where asked.
// params: among: MAP?, replaced: BOOLEAN, after: STRING, limit: INTEGER
// mode: read
// columns: id, name, definition, ontology, external_id, aliases, parent, n_regions, status, replaced_by

MATCH (f:Function)
WHERE f.id > $after AND ($among IS NULL OR $among[f.id] IS NOT NULL)
  AND ($replaced OR f.replaced_by IS NULL)
OPTIONAL MATCH (f)-[:SUBFUNCTION_OF]->(p:Function)
RETURN f.id AS id, f.name AS name, f.definition AS definition, f.ontology AS ontology,
       f.external_id AS external_id, coalesce(f.aliases, []) AS aliases, p.id AS parent,
       COUNT { (f)<-[:HAS_FUNCTION]-(:Region) } AS n_regions,
       coalesce(f.status, 'active') AS status, coalesce(f.replaced_by, []) AS replaced_by
ORDER BY id
LIMIT $limit
