// purpose: Over all regions of an atlas, for each function: how many have evidence for it, and
// the sum and the sum of squares of the links' weights.
// params: atlas: STRING
// mode: read
// columns: function, n, total, squares

MATCH (:Atlas {id: $atlas})<-[:PART_OF]-(r:Region)-[l:HAS_FUNCTION]->(f:Function)
RETURN f.id AS function, count(r) AS n, sum(l.weight) AS total, sum(l.weight * l.weight) AS squares
ORDER BY function
