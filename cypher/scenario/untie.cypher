// purpose: Forget which regions the scenarios activate.
// params: ids: LIST<STRING>
// mode: write
// columns:

UNWIND $ids AS id
MATCH (:Scenario {id: id})-[e:ACTIVATES]->(:Region)
DELETE e
