// purpose: Project accepted model links: one relationship per region-model pair.
// params: rows: LIST<MAP>
// keys: rows.region, rows.model
// mode: write
// columns:

UNWIND $rows AS row
MATCH (r:Region {id: row.region}), (m:Model {id: row.model})
MERGE (r)-[l:MODELLED_BY]->(m)
SET l.weight = row.weight, l.allow = row.allow, l.by = row.by
