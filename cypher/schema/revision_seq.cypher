// purpose: One Revision per sequence number.
// mode: write
// columns:

CREATE CONSTRAINT revision_seq IF NOT EXISTS
FOR (n:Revision) REQUIRE n.seq IS UNIQUE
