// purpose: The next revision. The counter is written in one step and so stays locked until the
// transaction ends: numbers are unique and without gaps under concurrency.
// params: by: STRING, action: STRING, reason: STRING, detail: STRING, at: STRING
// mode: write
// columns: seq

MATCH (counter:Counter {id: 'revision'})
SET counter.value = counter.value + 1
CREATE (v:Revision {seq: counter.value})
SET v.at = datetime($at), v.created_at = datetime($at), v.by = $by,
    v.action = $action, v.reason = $reason, v.detail = $detail
RETURN v.seq AS seq
