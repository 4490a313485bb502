// purpose: Every connection between regions, once.
// mode: read
// columns: a, b, kind, source, weight

MATCH (a:Region)-[c:CONNECTS_TO]->(b:Region)
RETURN a.id AS a, b.id AS b, c.kind AS kind, c.source AS source, c.weight AS weight
