// purpose: Create or update functions.
// params: rows: LIST<MAP>, seq: INTEGER, at: STRING
// keys: rows.id
// mode: write
// columns:

UNWIND $rows AS row
MERGE (n:Function {id: row.id})
ON CREATE SET n.created_at = datetime($at)
SET n.name = row.name,
    n.definition = row.definition,
    n.ontology = row.ontology,
    n.external_id = row.external_id,
    n.digest = row.digest
WITH n, row
MATCH (v:Revision {seq: $seq})
CREATE (v)-[:CHANGED {before: row.before}]->(n)
