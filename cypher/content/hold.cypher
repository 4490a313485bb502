// purpose: Keep every writer waiting until the transaction ends; the number of the last revision.
// mode: write
// columns: seq

MATCH (counter:Counter {id: 'revision'})
SET counter.value = counter.value + 0
RETURN counter.value AS seq
