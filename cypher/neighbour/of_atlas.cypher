// purpose: Every stored border within an atlas, once.
// params: atlas: STRING
// mode: read
// columns: a, b, area_mm2

MATCH (:Atlas {id: $atlas})<-[:PART_OF]-(a:Region)-[t:TOUCHES]->(b:Region)
RETURN a.id AS a, b.id AS b, t.area_mm2 AS area_mm2
ORDER BY a, b
