// purpose: Bring withdrawn claims back, with their history, before they are put again.
// params: ids: LIST<STRING>
// mode: write
// columns: id

UNWIND $ids AS id
MATCH (n:Withdrawn {record: 'claim:' + id})
REMOVE n:Withdrawn
SET n:Claim
REMOVE n.record
RETURN id
