// purpose: Label and id of every record that is part of the content: withdrawn and superseded ones
// are history.
// mode: read
// columns: label, id

MATCH (n)
WHERE n.id IS NOT NULL AND NOT coalesce(n.status, '') = 'withdrawn'
  AND NOT coalesce(n.status, '') = 'superseded'
UNWIND labels(n) AS label
RETURN label, n.id AS id
ORDER BY label, id
