// purpose: Create comments (what they are on is tied by comment/on_claim and comment/on_link).
// params: rows: LIST<MAP>, seq: INTEGER, at: STRING
// keys: rows.id
// mode: write
// columns:

UNWIND $rows AS row
MERGE (n:Comment {id: row.id})
ON CREATE SET n.created_at = datetime($at)
SET n.by = row.by,
    n.text = row.text,
    n.digest = row.digest
WITH n, row
MATCH (v:Revision {seq: $seq})
CREATE (v)-[:CHANGED {before: row.before}]->(n)
