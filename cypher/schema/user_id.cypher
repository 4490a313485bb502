// purpose: One User per id.
// mode: write
// columns:

CREATE CONSTRAINT user_id IF NOT EXISTS
FOR (n:User) REQUIRE n.id IS UNIQUE
