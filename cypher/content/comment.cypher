// purpose: The content of these comments.
// params: ids: LIST<STRING>
// mode: read
// columns: id, claim, model_link, by, text

UNWIND $ids AS id
MATCH (n:Comment {id: id})
OPTIONAL MATCH (n)-[:ON]->(c:Claim)
OPTIONAL MATCH (n)-[:ON]->(l:ModelLink)
RETURN n.id AS id, c.id AS claim, l.id AS model_link, n.by AS by, n.text AS text
