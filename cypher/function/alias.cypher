// purpose: Give functions the other names that an ontology has for them; alias_text holds the same
// names in one line, for the full-text index.
// params: rows: LIST<MAP>, seq: INTEGER
// mode: write
// columns:

UNWIND $rows AS row
MATCH (n:Function {id: row.id}), (v:Revision {seq: $seq})
SET n.aliases = row.aliases, n.alias_text = row.alias_text
CREATE (v)-[:CHANGED {before: row.before}]->(n)
