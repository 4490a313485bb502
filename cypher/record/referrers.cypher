// purpose: What still refers to records that a revision took away, and the last revision that
// changed it; regions' relationships with one another count as well, projections do not.
// params: seq: INTEGER
// mode: read
// columns: record, kind, label, id, changed

MATCH (:Revision {seq: $seq})-[:CHANGED]->(w:Withdrawn)-[e]-(m)
WHERE NOT m:Withdrawn AND NOT m:Revision
  AND type(e) <> 'HAS_FUNCTION' AND type(e) <> 'MODELLED_BY'
  AND (startNode(e) = m OR type(e) = 'CONNECTS_TO' OR type(e) = 'TOUCHES' OR type(e) = 'OVERLAPS')
OPTIONAL MATCH (m)<-[:CHANGED]-(v:Revision)
WITH w, e, m, max(v.seq) AS changed
RETURN w.record AS record, type(e) AS kind, labels(m)[0] AS label, m.id AS id, changed
ORDER BY record, kind, label, id
LIMIT 20
