// purpose: Take borders away.
// params: rows: LIST<MAP>
// mode: write
// columns:

UNWIND $rows AS row
MATCH (:Region {id: row.a})-[t:TOUCHES]->(:Region {id: row.b})
DELETE t
