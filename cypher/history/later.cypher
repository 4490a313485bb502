// purpose: What later revisions did to the records that the revisions from first to last changed,
// the earliest first.
// params: first: INTEGER, last: INTEGER
// mode: read
// columns: seq, label, id, record, before

MATCH (v:Revision)-[:CHANGED]->(n)
WHERE v.seq >= $first AND v.seq <= $last
WITH DISTINCT n
MATCH (w:Revision)-[c:CHANGED]->(n)
WHERE w.seq > $last
RETURN w.seq AS seq, labels(n)[0] AS label, n.id AS id, n.record AS record, c.before AS before
ORDER BY seq, label, id
