// purpose: The other names of every function that has some.
// mode: read
// columns: id, aliases

MATCH (n:Function)
WHERE n.aliases IS NOT NULL
RETURN n.id AS id, n.aliases AS aliases
