// purpose: Take a stored query away with all its versions.
// params: query: STRING
// mode: write
// columns:

MATCH (n:StoredQuery {name: $query})
SET n.withdrawn = true
