// purpose: Create or update checkpoints (trained weights, named by their sha256).
// params: rows: LIST<MAP>, seq: INTEGER, at: STRING
// keys: rows.id, rows.model, rows.dataset
// mode: write
// columns:

UNWIND $rows AS row
MERGE (n:Checkpoint {id: row.id})
ON CREATE SET n.created_at = datetime($at)
SET n.optimizer = row.optimizer,
    n.platform = row.platform,
    n.metric = row.metric,
    n.value = row.value,
    n.bytes = row.bytes,
    n.hyper = row.hyper,
    n.seed = row.seed,
    n.licence = row.licence,
    n.origin = row.origin,
    n.trained_by = row.trained_by,
    n.digest = row.digest
WITH n, row
MATCH (m:Model {id: row.model})
MERGE (n)-[:OF]->(m)
WITH n, row
MATCH (d:Dataset {id: row.dataset})
MERGE (n)-[:TRAINED_ON]->(d)
WITH n, row
MATCH (v:Revision {seq: $seq})
CREATE (v)-[:CHANGED {before: row.before}]->(n)
