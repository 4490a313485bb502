// purpose: Forget which scenario the compositions are for and which checkpoints they use.
// params: ids: LIST<STRING>
// mode: write
// columns:

UNWIND $ids AS id
MATCH (:Composition {id: id})-[e:FOR|USES]->()
DELETE e
