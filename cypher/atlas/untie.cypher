// purpose: Forget where the atlases come from.
// params: ids: LIST<STRING>
// mode: write
// columns:

UNWIND $ids AS id
MATCH (:Atlas {id: id})-[e:FROM]->()
DELETE e
