// purpose: Bring withdrawn compositions back, with their history, before they are put again.
// params: ids: LIST<STRING>
// mode: write
// columns: id

UNWIND $ids AS id
MATCH (n:Withdrawn {record: 'composition:' + id})
REMOVE n:Withdrawn
SET n:Composition
REMOVE n.record
RETURN id
