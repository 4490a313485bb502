// purpose: Create or update evidence matrices: where the file is, of which atlas and source.
// params: rows: LIST<MAP>, seq: INTEGER, at: STRING
// keys: rows.id, rows.atlas, rows.source
// mode: write
// columns:

UNWIND $rows AS row
MERGE (n:Matrix {id: row.id})
ON CREATE SET n.created_at = datetime($at)
SET n.sha256 = row.sha256,
    n.statistic = row.statistic,
    n.vocabulary = row.vocabulary,
    n.n_regions = row.n_regions,
    n.n_functions = row.n_functions,
    n.n_studies = row.n_studies,
    n.digest = row.digest
WITH n, row
MATCH (a:Atlas {id: row.atlas}), (s:Source {id: row.source})
MERGE (n)-[:OF]->(a)
MERGE (n)-[:FROM]->(s)
WITH n, row
MATCH (v:Revision {seq: $seq})
CREATE (v)-[:CHANGED {before: row.before}]->(n)
