// purpose: Create or update claims: evidence of one source for one region-function pair. Rows with
// `tie` are new, or have been untied; only they are tied, which costs half as much as merging.
// params: rows: LIST<MAP>, seq: INTEGER, at: STRING
// keys: rows.id, rows.region, rows.function, rows.source
// mode: write
// columns:

UNWIND $rows AS row
MERGE (n:Claim {id: row.id})
ON CREATE SET n.created_at = datetime($at)
SET n.status = row.status,
    n.statistic = row.statistic,
    n.value = row.value,
    n.q = row.q,
    n.lower = row.lower,
    n.n_studies = row.n_studies,
    n.weight = row.weight,
    n.inference = row.inference,
    n.rationale = row.rationale,
    n.citation = row.citation,
    n.both = row.both,
    n.region_only = row.region_only,
    n.function_only = row.function_only,
    n.neither = row.neither,
    n.proposed_by = row.proposed_by,
    n.reviewed_by = row.reviewed_by,
    n.digest = row.digest
WITH n, row
MATCH (v:Revision {seq: $seq})
CREATE (v)-[:CHANGED {before: row.before}]->(n)
WITH n, row
WHERE row.tie
MATCH (r:Region {id: row.region}), (f:Function {id: row.function}), (s:Source {id: row.source})
CREATE (n)-[:ABOUT_REGION]->(r)
CREATE (n)-[:ABOUT_FUNCTION]->(f)
CREATE (n)-[:FROM]->(s)
