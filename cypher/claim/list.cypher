// purpose: Claims page by page in id order, by any of region, function, source and status;
// reviewed_at is when the reviewer last changed the claim.
// params: region: STRING?, function: STRING?, source: STRING?, status: STRING?, after: STRING, limit: INTEGER
// mode: read
// columns: id, region, function, source, status, statistic, value, q, lower, n_studies, weight, inference,
//   rationale, citation, both, region_only, function_only, neither, proposed_by, reviewed_by,
//   reviewed_at, digest

MATCH (c:Claim)
WHERE c.id > $after AND ($status IS NULL OR c.status = $status)
MATCH (c)-[:ABOUT_REGION]->(r:Region), (c)-[:ABOUT_FUNCTION]->(f:Function), (c)-[:FROM]->(s:Source)
WHERE ($region IS NULL OR r.id = $region) AND ($function IS NULL OR f.id = $function)
  AND ($source IS NULL OR s.id = $source)
WITH c, r, f, s
ORDER BY c.id
LIMIT $limit
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
