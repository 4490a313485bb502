// purpose: Bring withdrawn terms back, with their history, before they are put again.
// params: ids: LIST<STRING>
// mode: write
// columns: id

UNWIND $ids AS id
MATCH (n:Withdrawn {record: 'term:' + id})
REMOVE n:Withdrawn
SET n:Term
REMOVE n.record
RETURN id
