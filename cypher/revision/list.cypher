// purpose: Revisions, newest first, from a sequence number downwards, by any of who and when
// (ISO 8601), or among given numbers.
// params: before: INTEGER, by: STRING?, since: STRING?, until: STRING?, among: MAP?, limit: INTEGER
// mode: read
// columns: seq, at, by, action, reason, detail, changed

MATCH (v:Revision)
WHERE v.seq < $before AND ($by IS NULL OR v.by = $by)
  AND ($since IS NULL OR v.at >= datetime($since))
  AND ($until IS NULL OR v.at < datetime($until))
  AND ($among IS NULL OR $among[toString(v.seq)] IS NOT NULL)
RETURN v.seq AS seq, v.at AS at, v.by AS by, v.action AS action, v.reason AS reason,
       v.detail AS detail, COUNT { (v)-[:CHANGED]->() } AS changed
ORDER BY seq DESC
LIMIT $limit
