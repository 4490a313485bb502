// purpose: Create or update models (structure; inputs, taps and size are JSON).
// params: rows: LIST<MAP>, seq: INTEGER, at: STRING
// keys: rows.id
// mode: write
// columns:

UNWIND $rows AS row
MERGE (n:Model {id: row.id})
ON CREATE SET n.created_at = datetime($at)
SET n.name = row.name,
    n.family = row.family,
    n.category = row.category,
    n.functions = row.functions,
    n.modality = row.modality,
    n.inputs = row.inputs,
    n.taps = row.taps,
    n.parameters = row.parameters,
    n.size = row.size,
    n.structure = row.structure,
    n.metrics = row.metrics,
    n.digest = row.digest
WITH n, row
MATCH (v:Revision {seq: $seq})
CREATE (v)-[:CHANGED {before: row.before}]->(n)
