// purpose: Take functions out of the tree, before they are hung somewhere else.
// params: ids: LIST<STRING>
// mode: write
// columns:

UNWIND $ids AS id
MATCH (:Function {id: id})-[e:SUBFUNCTION_OF]->(:Function)
DELETE e
