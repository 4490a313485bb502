// purpose: The content of these claims.
// params: ids: LIST<STRING>
// mode: read
// columns: id, region, function, source, status, statistic, value, q, lower, n_studies, weight,
//   inference, rationale, citation, both, region_only, function_only, neither, proposed_by, reviewed_by

UNWIND $ids AS id
MATCH (n:Claim {id: id})
MATCH (n)-[:ABOUT_REGION]->(r:Region), (n)-[:ABOUT_FUNCTION]->(f:Function), (n)-[:FROM]->(s:Source)
RETURN n.id AS id, r.id AS region, f.id AS function, s.id AS source, n.status AS status,
       n.statistic AS statistic, n.value AS value, n.q AS q, n.lower AS lower,
       n.n_studies AS n_studies, n.weight AS weight, n.inference AS inference,
       n.rationale AS rationale, n.citation AS citation, n.both AS both,
       n.region_only AS region_only, n.function_only AS function_only, n.neither AS neither,
       n.proposed_by AS proposed_by, n.reviewed_by AS reviewed_by
