// purpose: Accepted and proposed claims about a function: what its links would be computed from if all
// of them were accepted.
// params: function: STRING
// mode: read
// columns: region, region_name, function, function_name, source, id, weight

MATCH (f:Function {id: $function})<-[:ABOUT_FUNCTION]-(c:Claim)-[:ABOUT_REGION]->(r:Region)
WHERE (c.status = 'accepted' OR c.status = 'proposed')
MATCH (c)-[:FROM]->(s:Source)
RETURN r.id AS region, r.name AS region_name, f.id AS function, f.name AS function_name,
       s.id AS source, c.id AS id, c.weight AS weight
