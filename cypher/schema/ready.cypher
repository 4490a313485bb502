// purpose: Wait until every index can be used.
// server: neo4j
// mode: read
// columns:

CALL db.awaitIndexes(60)
