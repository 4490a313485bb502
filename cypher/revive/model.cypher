// purpose: Bring withdrawn models back, with their history, before they are put again.
// params: ids: LIST<STRING>
// mode: write
// columns: id

UNWIND $ids AS id
MATCH (n:Withdrawn {record: 'model:' + id})
REMOVE n:Withdrawn
SET n:Model
REMOVE n.record
RETURN id
