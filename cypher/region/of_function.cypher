// purpose: Regions with evidence for a function or one below it, page by page in id order, optionally
// of one atlas or among given ids.
// params: function: STRING, atlas: STRING?, among: MAP?, after: STRING, limit: INTEGER
// mode: read
// columns: id, label, name, abbreviation, hemisphere, x, y, z, volume_mm3, radius_mm, network, parent, centroid, bounds, surface_mm2, atlas

MATCH (:Function {id: $function})<-[:SUBFUNCTION_OF*0..]-(f:Function)<-[:HAS_FUNCTION]-(r:Region)
WITH DISTINCT r
WHERE r.id > $after AND ($among IS NULL OR $among[r.id] IS NOT NULL)
MATCH (r)-[:PART_OF]->(a:Atlas)
WHERE $atlas IS NULL OR a.id = $atlas
WITH r, a
ORDER BY r.id
LIMIT $limit
RETURN r.id AS id, r.label AS label, r.name AS name, r.abbreviation AS abbreviation,
       r.hemisphere AS hemisphere, r.x AS x, r.y AS y, r.z AS z, r.volume_mm3 AS volume_mm3,
       r.radius_mm AS radius_mm, r.network AS network,
       coalesce(r.parent, '') AS parent, r.centroid AS centroid, r.bounds AS bounds,
       r.surface_mm2 AS surface_mm2,
       a.id AS atlas
ORDER BY id
