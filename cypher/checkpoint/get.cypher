// purpose: One checkpoint.
// params: id: STRING
// mode: read
// columns: sha256, model, dataset, optimizer, platform, metric, value, bytes, hyper, derived_from, seed,
//   licence, origin, trained_by, digest

MATCH (k:Checkpoint {id: $id})-[:OF]->(m:Model), (k)-[:TRAINED_ON]->(d:Dataset)
OPTIONAL MATCH (k)-[:DERIVED_FROM]->(p:Checkpoint)
RETURN k.id AS sha256, m.id AS model, d.id AS dataset, k.optimizer AS optimizer,
       k.platform AS platform, k.metric AS metric, k.value AS value, k.bytes AS bytes,
       k.hyper AS hyper, p.id AS derived_from, k.seed AS seed,
       k.licence AS licence, k.origin AS origin, k.trained_by AS trained_by, k.digest AS digest
ORDER BY sha256
