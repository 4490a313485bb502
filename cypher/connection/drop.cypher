// purpose: Take connections of one kind and source away.
// params: rows: LIST<MAP>
// mode: write
// columns:

UNWIND $rows AS row
MATCH (:Region {id: row.a})-[c:CONNECTS_TO]->(:Region {id: row.b})
WHERE c.kind = row.kind AND c.source = row.source
DELETE c
