// purpose: Create compositions: a plan, the network found for it, and how it was found (JSON where
// nested).
// params: rows: LIST<MAP>, seq: INTEGER, at: STRING
// keys: rows.id
// mode: write
// columns:

UNWIND $rows AS row
MERGE (n:Composition {id: row.id})
ON CREATE SET n.created_at = datetime($at)
SET n.request = row.request,
    n.plan = row.plan,
    n.spec = row.spec,
    n.weights_sha256 = row.weights_sha256,
    n.validation = row.validation,
    n.test = row.test,
    n.seed = row.seed,
    n.trials = row.trials,
    n.history = row.history,
    n.created_by = row.created_by,
    n.digest = row.digest
WITH n, row
MATCH (v:Revision {seq: $seq})
CREATE (v)-[:CHANGED {before: row.before}]->(n)
