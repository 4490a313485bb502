// purpose: Create or update links between regions and models, as people state them.
// params: rows: LIST<MAP>, seq: INTEGER, at: STRING
// keys: rows.id, rows.region, rows.model
// mode: write
// columns:

UNWIND $rows AS row
MERGE (n:ModelLink {id: row.id})
ON CREATE SET n.created_at = datetime($at)
SET n.status = row.status,
    n.allow = row.allow,
    n.weight = row.weight,
    n.rationale = row.rationale,
    n.citation = row.citation,
    n.proposed_by = row.proposed_by,
    n.reviewed_by = row.reviewed_by,
    n.digest = row.digest
WITH n, row
MATCH (r:Region {id: row.region}), (m:Model {id: row.model})
MERGE (n)-[:ABOUT_REGION]->(r)
MERGE (n)-[:ABOUT_MODEL]->(m)
WITH n, row
MATCH (v:Revision {seq: $seq})
CREATE (v)-[:CHANGED {before: row.before}]->(n)
