// purpose: The regions of one atlas, in the atlas' own order.
// params: atlas: STRING
// mode: read
// columns: id, label, name, abbreviation, hemisphere, x, y, z, volume_mm3, radius_mm, network, parent, centroid, bounds, surface_mm2

MATCH (r:Region)-[:PART_OF]->(:Atlas {id: $atlas})
RETURN r.id AS id, r.label AS label, r.name AS name, r.abbreviation AS abbreviation,
       r.hemisphere AS hemisphere, r.x AS x, r.y AS y, r.z AS z, r.volume_mm3 AS volume_mm3,
       r.radius_mm AS radius_mm, r.network AS network,
       coalesce(r.parent, '') AS parent, r.centroid AS centroid, r.bounds AS bounds,
       r.surface_mm2 AS surface_mm2
ORDER BY r.ordinal, id
