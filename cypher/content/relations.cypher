// purpose: Every relation between functions that a source states beside the tree, once.
// mode: read
// columns: a, b, kind, source

MATCH (a:Function)-[r:RELATED_TO]->(b:Function)
RETURN a.id AS a, b.id AS b, r.kind AS kind, r.source AS source
