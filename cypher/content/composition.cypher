// purpose: The content of these compositions' records.
// params: ids: LIST<STRING>
// mode: read
// columns: id, scenario, weights_sha256, seed, trials, created_by, uses, request, plan, spec, validation,
//   test, history

UNWIND $ids AS id
MATCH (n:Composition {id: id})
OPTIONAL MATCH (n)-[:FOR]->(s:Scenario)
RETURN n.id AS id, s.id AS scenario, n.weights_sha256 AS weights_sha256, n.seed AS seed,
       n.trials AS trials, n.created_by AS created_by,
       COLLECT {
         MATCH (n)-[u:USES]->(c:Checkpoint)
         RETURN {slot: u.slot, checkpoint: c.id, taps: u.taps} AS one ORDER BY u.slot
       } AS uses,
       n.request AS request, n.plan AS plan, n.spec AS spec, n.validation AS validation,
       n.test AS test, n.history AS history
