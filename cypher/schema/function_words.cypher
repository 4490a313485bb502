// purpose: Words of a function's names and definition (Neo4j's form; the embedded server has its
// own in graph/schema.py).
// server: neo4j
// mode: write
// columns:

CREATE FULLTEXT INDEX function_words IF NOT EXISTS
FOR (n:Function) ON EACH [n.name, n.alias_text, n.definition]
