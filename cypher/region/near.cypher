// purpose: Regions page by page from the nearest outwards; distance_mm is measured to a region's
// own point (medoid or centre).
// params: x: FLOAT, y: FLOAT, z: FLOAT, radius_mm: FLOAT, atlas: STRING?, function: STRING?, among: MAP?,
//   after_mm: FLOAT, after: STRING, limit: INTEGER
// mode: read
// columns: id, label, name, abbreviation, hemisphere, x, y, z, volume_mm3, radius_mm, network, parent, centroid, bounds, surface_mm2, atlas, distance_mm

MATCH (r:Region)-[:PART_OF]->(a:Atlas)
WITH r, a, sqrt((r.x - $x) * (r.x - $x) + (r.y - $y) * (r.y - $y) + (r.z - $z) * (r.z - $z))
     AS distance_mm
WHERE distance_mm <= $radius_mm
  AND (distance_mm > $after_mm OR (distance_mm = $after_mm AND r.id > $after))
  AND ($atlas IS NULL OR a.id = $atlas)
  AND ($among IS NULL OR $among[r.id] IS NOT NULL)
  AND ($function IS NULL OR EXISTS {
    MATCH (r)-[:HAS_FUNCTION]->(:Function)-[:SUBFUNCTION_OF*0..]->(:Function {id: $function})
  })
RETURN r.id AS id, r.label AS label, r.name AS name, r.abbreviation AS abbreviation,
       r.hemisphere AS hemisphere, r.x AS x, r.y AS y, r.z AS z, r.volume_mm3 AS volume_mm3,
       r.radius_mm AS radius_mm, r.network AS network,
       coalesce(r.parent, '') AS parent, r.centroid AS centroid, r.bounds AS bounds,
       r.surface_mm2 AS surface_mm2,
       a.id AS atlas, distance_mm
ORDER BY distance_mm, id
LIMIT $limit
