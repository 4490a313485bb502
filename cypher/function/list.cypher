// purpose: Functions page by page in id order, optionally among given ids.
// params: among: MAP?, after: STRING, limit: INTEGER
// mode: read
// columns: id, name, definition, ontology, external_id, aliases, parent, n_regions

MATCH (f:Function)
WHERE f.id > $after AND ($among IS NULL OR $among[f.id] IS NOT NULL)
OPTIONAL MATCH (f)-[:SUBFUNCTION_OF]->(p:Function)
RETURN f.id AS id, f.name AS name, f.definition AS definition, f.ontology AS ontology,
       f.external_id AS external_id, coalesce(f.aliases, []) AS aliases, p.id AS parent,
       COUNT { (f)<-[:HAS_FUNCTION]-(:Region) } AS n_regions
ORDER BY id
LIMIT $limit
