// purpose: One Function per id.
// mode: write
// columns:

CREATE CONSTRAINT function_id IF NOT EXISTS
FOR (n:Function) REQUIRE n.id IS UNIQUE
