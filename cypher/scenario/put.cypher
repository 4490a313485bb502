// purpose: Create or update scenarios (peaks are JSON).
// params: rows: LIST<MAP>, seq: INTEGER, at: STRING
// keys: rows.id
// mode: write
// columns:

UNWIND $rows AS row
MERGE (n:Scenario {id: row.id})
ON CREATE SET n.created_at = datetime($at)
SET n.name = row.name,
    n.space = row.space,
    n.peaks = row.peaks,
    n.regions = row.regions,
    n.description = row.description,
    n.citation = row.citation,
    n.dataset = row.dataset,
    n.digest = row.digest
WITH n, row
MATCH (v:Revision {seq: $seq})
CREATE (v)-[:CHANGED {before: row.before}]->(n)
