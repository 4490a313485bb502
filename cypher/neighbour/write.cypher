// purpose: Which regions of an atlas share a border, and how large it is.
// params: rows: LIST<MAP>
// keys: rows.a, rows.b
// mode: write
// columns:

UNWIND $rows AS row
MATCH (a:Region {id: row.a}), (b:Region {id: row.b})
MERGE (a)-[t:TOUCHES]->(b)
SET t.area_mm2 = row.area_mm2
