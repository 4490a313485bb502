// purpose: Create or update functions; alias_text holds their other names in one line, for the
// full-text index.
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
    n.aliases = row.aliases,
    n.alias_text = CASE WHEN row.aliases IS NULL THEN null
      ELSE reduce(text = '', name IN row.aliases | text + name + ' | ') END,
    n.status = row.status,
    n.replaced_by = row.replaced_by,
    n.edited_by = row.edited_by,
    n.digest = row.digest
WITH n, row
MATCH (v:Revision {seq: $seq})
CREATE (v)-[:CHANGED {before: row.before}]->(n)
