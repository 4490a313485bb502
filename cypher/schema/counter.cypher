// purpose: The counter that numbers revisions.
// mode: write
// columns:

MERGE (n:Counter {id: 'revision'})
ON CREATE SET n.value = 0
