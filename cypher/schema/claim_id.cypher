// purpose: One Claim per id.
// mode: write
// columns:

CREATE CONSTRAINT claim_id IF NOT EXISTS
FOR (n:Claim) REQUIRE n.id IS UNIQUE
