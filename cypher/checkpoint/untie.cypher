// purpose: Forget what the checkpoints are weights of, trained on and derived from.
// params: ids: LIST<STRING>
// mode: write
// columns:

UNWIND $ids AS id
MATCH (:Checkpoint {id: id})-[e:OF|TRAINED_ON|DERIVED_FROM]->()
DELETE e
