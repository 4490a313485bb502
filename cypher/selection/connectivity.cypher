// purpose: Connections among the given regions, each once per kind and source.
// params: active: MAP, regions: LIST<STRING>
// mode: read
// columns: a, b, kind, weight, source

UNWIND $regions AS region
MATCH (p:Region {id: region})-[c:CONNECTS_TO]->(q:Region)
WHERE $active[q.id] IS NOT NULL
RETURN p.id AS a, q.id AS b, c.kind AS kind, c.weight AS weight, c.source AS source
ORDER BY a, b, kind, source
