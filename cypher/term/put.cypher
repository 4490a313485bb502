// purpose: Create or update terms of dictionaries (categories, optimizers, platforms).
// params: rows: LIST<MAP>, seq: INTEGER, at: STRING
// keys: rows.id
// mode: write
// columns:

UNWIND $rows AS row
MERGE (n:Term {id: row.id})
ON CREATE SET n.created_at = datetime($at)
SET n.dictionary = row.dictionary,
    n.name = row.name,
    n.definition = row.definition,
    n.aliases = row.aliases,
    n.status = row.status,
    n.replaced_by = row.replaced_by,
    n.edited_by = row.edited_by,
    n.digest = row.digest
WITH n, row
MATCH (v:Revision {seq: $seq})
CREATE (v)-[:CHANGED {before: row.before}]->(n)
