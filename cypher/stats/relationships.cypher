// purpose: How many relationships of each type there are.
// mode: read
// columns: type, n

MATCH ()-[e]->()
RETURN type(e) AS type, count(*) AS n
ORDER BY type
