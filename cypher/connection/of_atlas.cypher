// purpose: Connections within an atlas that one source gave, each once.
// params: atlas: STRING, source: STRING
// mode: read
// columns: a, b, kind, weight, source

MATCH (:Atlas {id: $atlas})<-[:PART_OF]-(a:Region)-[c:CONNECTS_TO]->(b:Region)
WHERE c.source = $source
RETURN a.id AS a, b.id AS b, c.kind AS kind, c.weight AS weight, c.source AS source
ORDER BY a, b, kind
