// purpose: Compositions page by page in id order.
// params: after: STRING, limit: INTEGER
// mode: read
// columns: id, scenario, weights_sha256, validation, test, seed, trials, created_by, created_at

MATCH (k:Composition)
WHERE k.id > $after
OPTIONAL MATCH (k)-[:FOR]->(s:Scenario)
RETURN k.id AS id, s.id AS scenario, k.weights_sha256 AS weights_sha256,
       k.validation AS validation, k.test AS test, k.seed AS seed, k.trials AS trials,
       k.created_by AS created_by, k.created_at AS created_at
ORDER BY id
LIMIT $limit
