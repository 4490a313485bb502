// purpose: Forget which areas the models serve.
// params: ids: LIST<STRING>
// mode: write
// columns:

UNWIND $ids AS id
MATCH (:Model {id: id})-[e:SERVES]->(:Area)
DELETE e
