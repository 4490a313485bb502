// purpose: One ModelLink per id.
// mode: write
// columns:

CREATE CONSTRAINT model_link_id IF NOT EXISTS
FOR (n:ModelLink) REQUIRE n.id IS UNIQUE
