// purpose: Claims by status.
// mode: write
// columns:

CREATE INDEX claim_status IF NOT EXISTS
FOR (n:Claim) ON (n.status)
