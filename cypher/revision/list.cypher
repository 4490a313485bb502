// purpose: The history, newest first, from a sequence number downwards.
// params: before: INTEGER, limit: INTEGER
// mode: read
// columns: seq, at, by, action, reason, detail, changed

MATCH (v:Revision)
WHERE v.seq < $before
RETURN v.seq AS seq, v.at AS at, v.by AS by, v.action AS action, v.reason AS reason,
       v.detail AS detail, COUNT { (v)-[:CHANGED]->() } AS changed
ORDER BY seq DESC
LIMIT $limit
