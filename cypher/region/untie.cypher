// purpose: Forget which regions these are part of one level up.
// params: ids: LIST<STRING>
// mode: write
// columns:

UNWIND $ids AS id
MATCH (:Region {id: id})-[e:CHILD_OF]->()
DELETE e
