// purpose: What sources say about any of these functions and others.
// params: ids: LIST<STRING>
// mode: read
// columns: a, b, kind, source

UNWIND $ids AS id
MATCH (a:Function {id: id})-[r:RELATED_TO]->(b:Function)
RETURN a.id AS a, b.id AS b, r.kind AS kind, r.source AS source
UNION
UNWIND $ids AS id
MATCH (a:Function)-[r:RELATED_TO]->(b:Function {id: id})
RETURN a.id AS a, b.id AS b, r.kind AS kind, r.source AS source
