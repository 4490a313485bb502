// purpose: One Composition per id.
// mode: write
// columns:

CREATE CONSTRAINT composition_id IF NOT EXISTS
FOR (n:Composition) REQUIRE n.id IS UNIQUE
