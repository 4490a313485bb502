// purpose: Accepted claims about region-function pairs: what the projection is computed from.
// params: pairs: LIST<MAP>
// mode: read
// columns: region, function, source, id, weight

UNWIND $pairs AS pair
MATCH (r:Region {id: pair.region})<-[:ABOUT_REGION]-(c:Claim)-[:ABOUT_FUNCTION]->(f:Function)
WHERE f.id = pair.function AND c.status = 'accepted'
MATCH (c)-[:FROM]->(s:Source)
RETURN r.id AS region, f.id AS function, s.id AS source, c.id AS id, c.weight AS weight
