// purpose: Bring withdrawn sources back, with their history, before they are put again.
// params: ids: LIST<STRING>
// mode: write
// columns: id

UNWIND $ids AS id
MATCH (n:Withdrawn {record: 'source:' + id})
REMOVE n:Withdrawn
SET n:Source
REMOVE n.record
RETURN id
