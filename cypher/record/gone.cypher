// purpose: Whether a record was taken away; record is its noun, a colon and its id.
// params: id: STRING, record: STRING
// mode: read
// columns: id

MATCH (n:Withdrawn)
WHERE n.record = $record AND n.id = $id
RETURN n.id AS id
ORDER BY id
