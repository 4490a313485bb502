// purpose: These claims as lists show them, in id order; reviewed_at is when the reviewer last changed
// the claim.
// params: ids: LIST<STRING>
// mode: read
// columns: id, region, function, source, status, statistic, value, q, lower, n_studies, weight, inference,
//   rationale, citation, both, region_only, function_only, neither, proposed_by, reviewed_by,
//   reviewed_at, digest

UNWIND $ids AS id
MATCH (c:Claim {id: id})
MATCH (c)-[:ABOUT_REGION]->(r:Region), (c)-[:ABOUT_FUNCTION]->(f:Function), (c)-[:FROM]->(s:Source)
OPTIONAL MATCH (c)<-[:CHANGED]-(v:Revision {by: c.reviewed_by})
WITH c, r, f, s, max(v.at) AS reviewed_at
RETURN c.id AS id, r.id AS region, f.id AS function, s.id AS source, c.status AS status,
       c.statistic AS statistic, c.value AS value, c.q AS q, c.lower AS lower,
       c.n_studies AS n_studies, c.weight AS weight, c.inference AS inference,
       c.rationale AS rationale, c.citation AS citation, c.both AS both,
       c.region_only AS region_only, c.function_only AS function_only, c.neither AS neither,
       c.proposed_by AS proposed_by, c.reviewed_by AS reviewed_by, reviewed_at,
       c.digest AS digest
ORDER BY id
