// purpose: The content of these links between regions and models.
// params: ids: LIST<STRING>
// mode: read
// columns: id, region, model, status, allow, weight, rationale, citation, proposed_by, reviewed_by

UNWIND $ids AS id
MATCH (n:ModelLink {id: id})
MATCH (n)-[:ABOUT_REGION]->(r:Region), (n)-[:ABOUT_MODEL]->(m:Model)
RETURN n.id AS id, r.id AS region, m.id AS model, n.status AS status, n.allow AS allow,
       n.weight AS weight, n.rationale AS rationale, n.citation AS citation,
       n.proposed_by AS proposed_by, n.reviewed_by AS reviewed_by
