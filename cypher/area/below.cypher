// purpose: Areas below others in the tree, except those that others have replaced.
// params: prefixes: LIST<STRING>
// mode: read
// columns: id

UNWIND $prefixes AS prefix
MATCH (n:Area)
WHERE n.id STARTS WITH prefix AND n.replaced_by IS NULL
RETURN DISTINCT n.id AS id
ORDER BY id
