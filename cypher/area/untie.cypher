// purpose: Forget where the areas are in the tree and which functions they realize.
// params: ids: LIST<STRING>
// mode: write
// columns:

UNWIND $ids AS id
MATCH (:Area {id: id})-[e:REALIZES|SUBAREA_OF]->()
DELETE e
