// purpose: Store what a source says about two functions, in the source's own word (isKindOf).
// params: rows: LIST<MAP>
// keys: rows.a, rows.b, rows.kind, rows.source
// mode: write
// columns:

UNWIND $rows AS row
MATCH (a:Function {id: row.a}), (b:Function {id: row.b})
MERGE (a)-[:RELATED_TO {kind: row.kind, source: row.source}]->(b)
