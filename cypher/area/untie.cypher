// purpose: Forget which functions the areas realize.
// params: ids: LIST<STRING>
// mode: write
// columns:

UNWIND $ids AS id
MATCH (:Area {id: id})-[e:REALIZES]->(:Function)
DELETE e
