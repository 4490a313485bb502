// purpose: Bring withdrawn data sets back, with their history, before they are put again.
// params: ids: LIST<STRING>
// mode: write
// columns: id

UNWIND $ids AS id
MATCH (n:Withdrawn {record: 'dataset:' + id})
REMOVE n:Withdrawn
SET n:Dataset
REMOVE n.record
RETURN id
