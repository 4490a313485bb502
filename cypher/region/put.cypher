// purpose: Create or update regions of atlases (x, y, z in mm of the atlas' space).
// params: rows: LIST<MAP>, seq: INTEGER, at: STRING
// keys: rows.id, rows.atlas
// mode: write
// columns:

UNWIND $rows AS row
MERGE (n:Region {id: row.id})
ON CREATE SET n.created_at = datetime($at)
SET n.label = row.label,
    n.ordinal = row.ordinal,
    n.name = row.name,
    n.abbreviation = row.abbreviation,
    n.hemisphere = row.hemisphere,
    n.x = row.x,
    n.y = row.y,
    n.z = row.z,
    n.volume_mm3 = row.volume_mm3,
    n.radius_mm = row.radius_mm,
    n.network = row.network,
    n.parent = row.parent,
    n.centroid = row.centroid,
    n.bounds = row.bounds,
    n.surface_mm2 = row.surface_mm2,
    n.digest = row.digest
WITH n, row
MATCH (a:Atlas {id: row.atlas})
MERGE (n)-[:PART_OF]->(a)
WITH n, row
MATCH (v:Revision {seq: $seq})
CREATE (v)-[:CHANGED {before: row.before}]->(n)
