// purpose: Create or update data sets.
// params: rows: LIST<MAP>, seq: INTEGER, at: STRING
// keys: rows.id
// mode: write
// columns:

UNWIND $rows AS row
MERGE (n:Dataset {id: row.id})
ON CREATE SET n.created_at = datetime($at)
SET n.name = row.name,
    n.modalities = row.modalities,
    n.labels = row.labels,
    n.licence = row.licence,
    n.citation = row.citation,
    n.content_sha256 = row.content_sha256,
    n.status = row.status,
    n.replaced_by = row.replaced_by,
    n.edited_by = row.edited_by,
    n.digest = row.digest
WITH n, row
MATCH (v:Revision {seq: $seq})
CREATE (v)-[:CHANGED {before: row.before}]->(n)
