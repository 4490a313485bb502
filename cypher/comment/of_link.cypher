// purpose: Comments on a model link, the oldest first.
// params: id: STRING
// mode: read
// columns: id, by, text, at

MATCH (n:Comment)-[:ON]->(:ModelLink {id: $id})
RETURN n.id AS id, n.by AS by, n.text AS text, n.created_at AS at
ORDER BY at, id
