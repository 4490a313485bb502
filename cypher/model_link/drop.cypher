// purpose: Take away projected model links that no accepted one stands behind any more.
// params: rows: LIST<MAP>
// keys: rows.region, rows.model
// mode: write
// columns:

UNWIND $rows AS row
MATCH (:Region {id: row.region})-[l:MODELLED_BY]->(:Model {id: row.model})
DELETE l
