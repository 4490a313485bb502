// purpose: Links between regions and models, page by page in id order, by any of region, model and
// status; reviewed_at is when the reviewer last changed the link.
// params: region: STRING?, model: STRING?, status: STRING?, after: STRING, limit: INTEGER
// mode: read
// columns: id, region, model, status, allow, weight, rationale, citation, proposed_by, reviewed_by,
//   reviewed_at, digest

MATCH (n:ModelLink)
WHERE n.id > $after AND ($status IS NULL OR n.status = $status)
MATCH (n)-[:ABOUT_REGION]->(r:Region), (n)-[:ABOUT_MODEL]->(m:Model)
WHERE ($region IS NULL OR r.id = $region) AND ($model IS NULL OR m.id = $model)
OPTIONAL MATCH (n)<-[:CHANGED]-(v:Revision {by: n.reviewed_by})
WITH n, r, m, max(v.at) AS reviewed_at
RETURN n.id AS id, r.id AS region, m.id AS model, n.status AS status, n.allow AS allow,
       n.weight AS weight, n.rationale AS rationale, n.citation AS citation,
       n.proposed_by AS proposed_by, n.reviewed_by AS reviewed_by, reviewed_at,
       n.digest AS digest
ORDER BY id
LIMIT $limit
