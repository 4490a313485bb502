// purpose: Everything the graph knows about the functions of the given regions, claim by claim.
// params: regions: LIST<STRING>
// mode: read
// columns: region, function, function_name, link_weight, id, source, statistic, value, q, n_studies, weight

UNWIND $regions AS region
MATCH (r:Region {id: region})-[h:HAS_FUNCTION]->(f:Function)
UNWIND h.claims AS claim
MATCH (c:Claim {id: claim})-[:FROM]->(s:Source)
RETURN r.id AS region, f.id AS function, f.name AS function_name, h.weight AS link_weight,
       c.id AS id, s.id AS source, c.statistic AS statistic, c.value AS value, c.q AS q,
       c.n_studies AS n_studies, c.weight AS weight
ORDER BY region, function, weight DESC, id
