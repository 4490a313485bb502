// purpose: How many regions of an atlas have evidence for each function.
// params: atlas: STRING
// mode: read
// columns: function, n

MATCH (:Atlas {id: $atlas})<-[:PART_OF]-(r:Region)-[:HAS_FUNCTION]->(f:Function)
RETURN f.id AS function, count(r) AS n
ORDER BY function
