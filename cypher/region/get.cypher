// purpose: One region, with its atlas and space.
// params: id: STRING
// mode: read
// columns: id, label, name, abbreviation, hemisphere, x, y, z, volume_mm3, radius_mm, network, parent, centroid, bounds, surface_mm2, atlas, space

MATCH (r:Region {id: $id})-[:PART_OF]->(a:Atlas)
RETURN r.id AS id, r.label AS label, r.name AS name, r.abbreviation AS abbreviation,
       r.hemisphere AS hemisphere, r.x AS x, r.y AS y, r.z AS z, r.volume_mm3 AS volume_mm3,
       r.radius_mm AS radius_mm, r.network AS network,
       coalesce(r.parent, '') AS parent, r.centroid AS centroid, r.bounds AS bounds,
       r.surface_mm2 AS surface_mm2,
       a.id AS atlas, a.space AS space
