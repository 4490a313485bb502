// purpose: Every functional area, with the functions it realizes itself; those that others have
// replaced only where asked.
// params: replaced: BOOLEAN
// mode: read
// columns: id, name, modality, parent, realizes, status, replaced_by

MATCH (a:Area)
WHERE $replaced OR a.replaced_by IS NULL
OPTIONAL MATCH (a)-[:SUBAREA_OF]->(p:Area)
OPTIONAL MATCH (a)-[:REALIZES]->(f:Function)
WITH a, p, f
ORDER BY f.id
WITH a, p, collect(f.id) AS realizes
RETURN a.id AS id, a.name AS name, a.modality AS modality, p.id AS parent, realizes,
       coalesce(a.status, 'active') AS status, coalesce(a.replaced_by, []) AS replaced_by
ORDER BY id
