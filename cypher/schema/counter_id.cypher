// purpose: One Counter per id.
// mode: write
// columns:

CREATE CONSTRAINT counter_id IF NOT EXISTS
FOR (n:Counter) REQUIRE n.id IS UNIQUE
