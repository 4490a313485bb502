// purpose: Take overlaps away.
// params: rows: LIST<MAP>
// mode: write
// columns:

UNWIND $rows AS row
MATCH (:Region {id: row.a})-[o:OVERLAPS]->(:Region {id: row.b})
DELETE o
