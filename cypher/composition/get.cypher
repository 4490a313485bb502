// purpose: One composition.
// params: id: STRING
// mode: read
// columns: id, scenario, request, plan, spec, weights_sha256, validation, test, seed, trials, history, created_by, created_at

MATCH (k:Composition {id: $id})
OPTIONAL MATCH (k)-[:FOR]->(s:Scenario)
RETURN k.id AS id, s.id AS scenario, k.request AS request, k.plan AS plan, k.spec AS spec,
       k.weights_sha256 AS weights_sha256, k.validation AS validation, k.test AS test,
       k.seed AS seed, k.trials AS trials, k.history AS history, k.created_by AS created_by,
       k.created_at AS created_at
