// purpose: Bring withdrawn regions back, with their history, before they are put again.
// params: ids: LIST<STRING>
// mode: write
// columns: id

UNWIND $ids AS id
MATCH (n:Withdrawn {record: 'region:' + id})
REMOVE n:Withdrawn
SET n:Region
REMOVE n.record
RETURN id
