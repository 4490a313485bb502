// purpose: Regions with evidence for functions or, where asked, for one below them; page by page,
// strongest first, with the strongest of the functions' weights.
// params: ids: LIST<STRING>, descendants: BOOLEAN, weight: FLOAT, after: STRING, limit: INTEGER
// mode: read
// columns: region, name, atlas, weight, functions

UNWIND $ids AS id
MATCH (root:Function {id: id})<-[:SUBFUNCTION_OF*0..]-(f:Function)<-[h:HAS_FUNCTION]-(r:Region)
WHERE $descendants OR f.id = root.id
WITH DISTINCT r, f.id AS function, h.weight AS own
ORDER BY function
WITH r, max(own) AS weight, collect(function) AS functions
WHERE weight < $weight OR (weight = $weight AND r.id > $after)
MATCH (r)-[:PART_OF]->(a:Atlas)
RETURN r.id AS region, r.name AS name, a.id AS atlas, weight, functions
ORDER BY weight DESC, region
LIMIT $limit
