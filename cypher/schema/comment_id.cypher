// purpose: One Comment per id.
// mode: write
// columns:

CREATE CONSTRAINT comment_id IF NOT EXISTS
FOR (n:Comment) REQUIRE n.id IS UNIQUE
