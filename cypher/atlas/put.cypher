// purpose: Create or update atlases; each comes from one source.
// params: rows: LIST<MAP>, seq: INTEGER, at: STRING
// keys: rows.id, rows.source
// mode: write
// columns:

UNWIND $rows AS row
MERGE (n:Atlas {id: row.id})
ON CREATE SET n.created_at = datetime($at)
SET n.name = row.name,
    n.version = row.version,
    n.space = row.space,
    n.template = row.template,
    n.kind = row.kind,
    n.licence = row.licence,
    n.volume = row.volume,
    n.supersedes = row.supersedes,
    n.digest = row.digest
WITH n, row
MATCH (s:Source {id: row.source})
MERGE (n)-[:FROM]->(s)
WITH n, row
MATCH (v:Revision {seq: $seq})
CREATE (v)-[:CHANGED {before: row.before}]->(n)
