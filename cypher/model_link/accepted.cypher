// purpose: What every accepted model link projects to.
// mode: read
// columns: region, model, weight, allow, by

MATCH (n:ModelLink {status: 'accepted'})
MATCH (n)-[:ABOUT_REGION]->(r:Region), (n)-[:ABOUT_MODEL]->(m:Model)
RETURN r.id AS region, m.id AS model, n.weight AS weight, n.allow AS allow, n.proposed_by AS by
ORDER BY region, model
