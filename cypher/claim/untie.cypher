// purpose: Forget what the claims are about and where they come from, before they say something else.
// params: ids: LIST<STRING>
// mode: write
// columns:

UNWIND $ids AS id
MATCH (:Claim {id: id})-[e:ABOUT_REGION|ABOUT_FUNCTION|FROM]->()
DELETE e
