// purpose: The regions that share a border with one region, the longest border first.
// params: id: STRING
// mode: read
// columns: id, name, area_mm2

MATCH (:Region {id: $id})-[t:TOUCHES]-(q:Region)
RETURN q.id AS id, q.name AS name, t.area_mm2 AS area_mm2
ORDER BY area_mm2 DESC, id
