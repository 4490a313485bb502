// purpose: Regions one region is connected to, strongest first.
// params: id: STRING
// mode: read
// columns: region, name, kind, weight, source

MATCH (:Region {id: $id})-[c:CONNECTS_TO]-(q:Region)
RETURN q.id AS region, q.name AS name, c.kind AS kind, c.weight AS weight, c.source AS source
ORDER BY weight DESC, region, kind
