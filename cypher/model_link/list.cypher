// purpose: These links between regions and models as lists show them, in id order; reviewed_at is when
// the reviewer last changed the link.
// params: ids: LIST<STRING>
// mode: read
// columns: id, region, model, status, allow, weight, rationale, citation, proposed_by, reviewed_by,
//   reviewed_at, digest

UNWIND $ids AS id
MATCH (n:ModelLink {id: id})
MATCH (n)-[:ABOUT_REGION]->(r:Region), (n)-[:ABOUT_MODEL]->(m:Model)
OPTIONAL MATCH (n)<-[:CHANGED]-(v:Revision {by: n.reviewed_by})
WITH n, r, m, max(v.at) AS reviewed_at
RETURN n.id AS id, r.id AS region, m.id AS model, n.status AS status, n.allow AS allow,
       n.weight AS weight, n.rationale AS rationale, n.citation AS citation,
       n.proposed_by AS proposed_by, n.reviewed_by AS reviewed_by, reviewed_at,
       n.digest AS digest
ORDER BY id
