// purpose: One Dataset per id.
// mode: write
// columns:

CREATE CONSTRAINT dataset_id IF NOT EXISTS
FOR (n:Dataset) REQUIRE n.id IS UNIQUE
