// purpose: One Scenario per id.
// mode: write
// columns:

CREATE CONSTRAINT scenario_id IF NOT EXISTS
FOR (n:Scenario) REQUIRE n.id IS UNIQUE
