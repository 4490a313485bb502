// purpose: One Checkpoint per id.
// mode: write
// columns:

CREATE CONSTRAINT checkpoint_id IF NOT EXISTS
FOR (n:Checkpoint) REQUIRE n.id IS UNIQUE
