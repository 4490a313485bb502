// purpose: Every functional area, with the functions it realizes itself.
// mode: read
// columns: id, name, modality, parent, realizes

MATCH (a:Area)
OPTIONAL MATCH (a)-[:SUBAREA_OF]->(p:Area)
OPTIONAL MATCH (a)-[:REALIZES]->(f:Function)
WITH a, p, f
ORDER BY f.id
WITH a, p, collect(f.id) AS realizes
RETURN a.id AS id, a.name AS name, a.modality AS modality, p.id AS parent, realizes
ORDER BY id
