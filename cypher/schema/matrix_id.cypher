// purpose: One Matrix per id.
// mode: write
// columns:

CREATE CONSTRAINT matrix_id IF NOT EXISTS
FOR (n:Matrix) REQUIRE n.id IS UNIQUE
