// purpose: Bring withdrawn functions back, with their history, before they are put again.
// params: ids: LIST<STRING>
// mode: write
// columns: id

UNWIND $ids AS id
MATCH (n:Withdrawn {record: 'function:' + id})
REMOVE n:Withdrawn
SET n:Function
REMOVE n.record
RETURN id
