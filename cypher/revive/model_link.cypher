// purpose: Bring withdrawn model links back, with their history, before they are put again.
// params: ids: LIST<STRING>
// mode: write
// columns: id

UNWIND $ids AS id
MATCH (n:Withdrawn {record: 'model_link:' + id})
REMOVE n:Withdrawn
SET n:ModelLink
REMOVE n.record
RETURN id
