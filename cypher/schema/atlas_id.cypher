// purpose: One Atlas per id.
// mode: write
// columns:

CREATE CONSTRAINT atlas_id IF NOT EXISTS
FOR (n:Atlas) REQUIRE n.id IS UNIQUE
