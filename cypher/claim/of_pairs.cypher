// purpose: Accepted claims about region-function pairs: what the projection is computed from. Their
// status is looked at last: until a first import is committed, a server's statistics know of no
// claims, and it would begin each pair with all that have this status.
// params: pairs: LIST<MAP>
// mode: read
// columns: region, function, source, id, weight

UNWIND $pairs AS pair
MATCH (r:Region {id: pair.region})<-[:ABOUT_REGION]-(c:Claim)-[:ABOUT_FUNCTION]->(f:Function)
WHERE f.id = pair.function
WITH r, f, c, c.status AS status
WHERE status = 'accepted'
MATCH (c)-[:FROM]->(s:Source)
RETURN r.id AS region, f.id AS function, s.id AS source, c.id AS id, c.weight AS weight
