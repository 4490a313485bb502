// purpose: Other names of the functions among the ids that exist.
// params: ids: LIST<STRING>
// mode: read
// columns: id, aliases

UNWIND $ids AS id
MATCH (n:Function {id: id})
RETURN n.id AS id, coalesce(n.aliases, []) AS aliases
