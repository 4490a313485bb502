// purpose: One Region per id.
// mode: write
// columns:

CREATE CONSTRAINT region_id IF NOT EXISTS
FOR (n:Region) REQUIRE n.id IS UNIQUE
