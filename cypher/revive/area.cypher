// purpose: Bring withdrawn functional areas back, with their history, before they are put again.
// params: ids: LIST<STRING>
// mode: write
// columns: id

UNWIND $ids AS id
MATCH (n:Withdrawn {record: 'area:' + id})
REMOVE n:Withdrawn
SET n:Area
REMOVE n.record
RETURN id
