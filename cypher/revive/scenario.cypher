// purpose: Bring withdrawn scenarios back, with their history, before they are put again.
// params: ids: LIST<STRING>
// mode: write
// columns: id

UNWIND $ids AS id
MATCH (n:Withdrawn {record: 'scenario:' + id})
REMOVE n:Withdrawn
SET n:Scenario
REMOVE n.record
RETURN id
