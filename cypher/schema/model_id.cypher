// purpose: One Model per id.
// mode: write
// columns:

CREATE CONSTRAINT model_id IF NOT EXISTS
FOR (n:Model) REQUIRE n.id IS UNIQUE
