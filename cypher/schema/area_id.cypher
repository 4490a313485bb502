// purpose: One Area per id.
// mode: write
// columns:

CREATE CONSTRAINT area_id IF NOT EXISTS
FOR (n:Area) REQUIRE n.id IS UNIQUE
