// purpose: Every accepted claim: what the projection is recomputed from.
// mode: read
// columns: region, function, source, id, weight

MATCH (c:Claim {status: 'accepted'})
MATCH (c)-[:ABOUT_REGION]->(r:Region), (c)-[:ABOUT_FUNCTION]->(f:Function), (c)-[:FROM]->(s:Source)
RETURN r.id AS region, f.id AS function, s.id AS source, c.id AS id, c.weight AS weight
