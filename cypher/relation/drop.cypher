// purpose: Take relations of functions away.
// params: rows: LIST<MAP>
// mode: write
// columns:

UNWIND $rows AS row
MATCH (:Function {id: row.a})-[r:RELATED_TO {kind: row.kind, source: row.source}]->(:Function {id: row.b})
DELETE r
