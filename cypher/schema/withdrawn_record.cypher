// purpose: Withdrawn nodes by what they were.
// mode: write
// columns:

CREATE INDEX withdrawn_record IF NOT EXISTS
FOR (n:Withdrawn) ON (n.record)
