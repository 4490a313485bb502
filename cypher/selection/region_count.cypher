// purpose: How many regions an atlas has.
// params: atlas: STRING
// mode: read
// columns: n

MATCH (:Atlas {id: $atlas})<-[:PART_OF]-(r:Region)
RETURN count(r) AS n
