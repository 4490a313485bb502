// purpose: What the revisions from first to last changed, the earliest first: what each record was
// before (null where it was created). A withdrawn node says what it was in record.
// params: first: INTEGER, last: INTEGER
// mode: read
// columns: seq, label, id, record, before

MATCH (v:Revision)-[c:CHANGED]->(n)
WHERE v.seq >= $first AND v.seq <= $last
RETURN v.seq AS seq, labels(n)[0] AS label, n.id AS id, n.record AS record, c.before AS before
ORDER BY seq, label, id
