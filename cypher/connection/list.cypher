// purpose: Which sources gave connections within which atlases, with their number and range.
// params: atlas: STRING?
// mode: read
// columns: atlas, source, name, version, kind, connections, weakest, strongest, licence, citation

MATCH (r:Region)-[c:CONNECTS_TO]->(:Region)
MATCH (r)-[:PART_OF]->(a:Atlas)
WHERE $atlas IS NULL OR a.id = $atlas
WITH a.id AS atlas, c.source AS source, c.kind AS kind, count(c) AS connections,
     min(c.weight) AS weakest, max(c.weight) AS strongest
OPTIONAL MATCH (s:Source {id: source})
RETURN atlas, source, s.name AS name, s.version AS version, kind, connections, weakest, strongest,
       s.licence AS licence, s.citation AS citation
ORDER BY atlas, source, kind
