// purpose: Every border between regions, once.
// mode: read
// columns: a, b, area_mm2

MATCH (a:Region)-[t:TOUCHES]->(b:Region)
RETURN a.id AS a, b.id AS b, t.area_mm2 AS area_mm2
