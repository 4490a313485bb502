// purpose: Bring withdrawn comments back, with their history, before they are put again.
// params: ids: LIST<STRING>
// mode: write
// columns: id

UNWIND $ids AS id
MATCH (n:Withdrawn {record: 'comment:' + id})
REMOVE n:Withdrawn
SET n:Comment
REMOVE n.record
RETURN id
