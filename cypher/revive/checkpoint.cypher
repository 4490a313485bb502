// purpose: Bring withdrawn checkpoints back, with their history, before they are put again.
// params: ids: LIST<STRING>
// mode: write
// columns: id

UNWIND $ids AS id
MATCH (n:Withdrawn {record: 'checkpoint:' + id})
REMOVE n:Withdrawn
SET n:Checkpoint
REMOVE n.record
RETURN id
