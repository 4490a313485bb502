// purpose: Bring withdrawn atlases back, with their history, before they are put again.
// params: ids: LIST<STRING>
// mode: write
// columns: id

UNWIND $ids AS id
MATCH (n:Withdrawn {record: 'atlas:' + id})
REMOVE n:Withdrawn
SET n:Atlas
REMOVE n.record
RETURN id
