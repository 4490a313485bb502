// purpose: What one source says about pairs of functions.
// params: source: STRING
// mode: read
// columns: a, b, kind, source

MATCH (a:Function)-[r:RELATED_TO {source: $source}]->(b:Function)
RETURN a.id AS a, b.id AS b, r.kind AS kind, r.source AS source
ORDER BY a, kind, b
