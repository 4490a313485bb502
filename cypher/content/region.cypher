// purpose: The content of these regions.
// params: ids: LIST<STRING>
// mode: read
// columns: id, atlas, ordinal, label, name, abbreviation, hemisphere, x, y, z, volume_mm3, radius_mm,
//   network, parent, centroid, bounds, surface_mm2

UNWIND $ids AS id
MATCH (n:Region {id: id})-[:PART_OF]->(a:Atlas)
RETURN n.id AS id, a.id AS atlas, n.ordinal AS ordinal, n.label AS label, n.name AS name,
       n.abbreviation AS abbreviation, n.hemisphere AS hemisphere, n.x AS x, n.y AS y, n.z AS z,
       n.volume_mm3 AS volume_mm3, n.radius_mm AS radius_mm, n.network AS network,
       n.parent AS parent, n.centroid AS centroid, n.bounds AS bounds,
       n.surface_mm2 AS surface_mm2
