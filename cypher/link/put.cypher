// purpose: Project claims: one relationship per region-function pair.
// params: rows: LIST<MAP>
// keys: rows.region, rows.function
// mode: write
// columns:

UNWIND $rows AS row
MATCH (r:Region {id: row.region}), (f:Function {id: row.function})
MERGE (r)-[h:HAS_FUNCTION]->(f)
SET h.weight = row.weight, h.claims = row.claims, h.sources = row.sources,
    h.source_weights = row.source_weights, h.rule = row.rule
