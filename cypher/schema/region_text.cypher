// purpose: Words of a region's name, abbreviation and network (Neo4j's form; the embedded server
// has its own in graph/schema.py).
// server: neo4j
// mode: write
// columns:

CREATE FULLTEXT INDEX region_text IF NOT EXISTS
FOR (n:Region) ON EACH [n.name, n.abbreviation, n.network]
