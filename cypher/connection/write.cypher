// purpose: Connections between regions, one relationship for each pair, kind and source.
// params: rows: LIST<MAP>
// keys: rows.a, rows.b, rows.kind, rows.source
// mode: write
// columns:

UNWIND $rows AS row
MATCH (a:Region {id: row.a}), (b:Region {id: row.b})
MERGE (a)-[c:CONNECTS_TO {kind: row.kind, source: row.source}]->(b)
SET c.weight = row.weight
