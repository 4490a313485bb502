// purpose: Take away records that one revision created, as part of another; their nodes keep their
// history. before holds their content by key, nouns what the labels stand for.
// params: undone: INTEGER, seq: INTEGER, before: MAP, nouns: MAP
// mode: write
// columns:

MATCH (:Revision {seq: $undone})-[:CHANGED]->(n)
WITH DISTINCT n, $nouns[labels(n)[0]] + ':' + n.id AS record
WHERE $before[record] IS NOT NULL
MATCH (v:Revision {seq: $seq})
CREATE (v)-[:CHANGED {before: $before[record]}]->(n)
SET n.record = record
SET n:Withdrawn
REMOVE n:Source:Term:Dataset:Function:Atlas:Region:Area:Model:Checkpoint:Scenario:Composition:Matrix:Claim:ModelLink:Comment
