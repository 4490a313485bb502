// purpose: One Term per id.
// mode: write
// columns:

CREATE CONSTRAINT term_id IF NOT EXISTS
FOR (n:Term) REQUIRE n.id IS UNIQUE
