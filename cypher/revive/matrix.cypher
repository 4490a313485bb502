// purpose: Bring withdrawn evidence matrices back, with their history, before they are put again.
// params: ids: LIST<STRING>
// mode: write
// columns: id

UNWIND $ids AS id
MATCH (n:Withdrawn {record: 'matrix:' + id})
REMOVE n:Withdrawn
SET n:Matrix
REMOVE n.record
RETURN id
