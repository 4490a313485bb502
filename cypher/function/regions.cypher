// purpose: Regions with evidence for a function or, where asked, for one below it; page by page,
// strongest first, with the strongest of the functions' weights.
// params: id: STRING, descendants: BOOLEAN, weight: FLOAT, after: STRING, limit: INTEGER
// mode: read
// columns: region, name, atlas, weight, functions

MATCH (root:Function {id: $id})<-[:SUBFUNCTION_OF*0..]-(f:Function)<-[h:HAS_FUNCTION]-(r:Region)
WHERE $descendants OR f.id = root.id
WITH r, f, h
ORDER BY f.id
WITH r, max(h.weight) AS weight, collect(f.id) AS functions
WHERE weight < $weight OR (weight = $weight AND r.id > $after)
MATCH (r)-[:PART_OF]->(a:Atlas)
RETURN r.id AS region, r.name AS name, a.id AS atlas, weight, functions
ORDER BY weight DESC, region
LIMIT $limit
