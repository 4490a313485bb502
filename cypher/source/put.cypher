// purpose: Create or update sources.
// params: rows: LIST<MAP>, seq: INTEGER, at: STRING
// keys: rows.id
// mode: write
// columns:

UNWIND $rows AS row
MERGE (n:Source {id: row.id})
ON CREATE SET n.created_at = datetime($at)
SET n.name = row.name,
    n.version = row.version,
    n.licence = row.licence,
    n.citation = row.citation,
    n.url = row.url,
    n.sha256 = row.sha256,
    n.accepted = row.accepted,
    n.digest = row.digest
WITH n, row
MATCH (v:Revision {seq: $seq})
CREATE (v)-[:CHANGED {before: row.before}]->(n)
