// purpose: Accepted and proposed claims about a region: what its links would be computed from if all
// of them were accepted.
// params: region: STRING, function: STRING?
// mode: read
// columns: region, region_name, function, function_name, source, id, weight

MATCH (r:Region {id: $region})<-[:ABOUT_REGION]-(c:Claim)-[:ABOUT_FUNCTION]->(f:Function)
WHERE (c.status = 'accepted' OR c.status = 'proposed') AND ($function IS NULL OR f.id = $function)
MATCH (c)-[:FROM]->(s:Source)
RETURN r.id AS region, r.name AS region_name, f.id AS function, f.name AS function_name,
       s.id AS source, c.id AS id, c.weight AS weight
