// purpose: Words of a function's name and definition (Neo4j's form; the embedded server has its
// own in graph/schema.py).
// server: neo4j
// mode: write
// columns:

CREATE FULLTEXT INDEX function_text IF NOT EXISTS
FOR (n:Function) ON EACH [n.name, n.definition]
