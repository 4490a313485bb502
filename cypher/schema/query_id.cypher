// purpose: One StoredQuery per id.
// mode: write
// columns:

CREATE CONSTRAINT query_id IF NOT EXISTS
FOR (n:StoredQuery) REQUIRE n.id IS UNIQUE
