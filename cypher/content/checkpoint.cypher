// purpose: The content of these checkpoints' records (the weights are files named by the id).
// params: ids: LIST<STRING>
// mode: read
// columns: id, model, dataset, derived_from, optimizer, platform, metric, value, bytes, hyper, seed,
//   licence, origin, trained_by

UNWIND $ids AS id
MATCH (m:Model)<-[:OF]-(n:Checkpoint {id: id})-[:TRAINED_ON]->(d:Dataset)
OPTIONAL MATCH (n)-[:DERIVED_FROM]->(p:Checkpoint)
RETURN n.id AS id, m.id AS model, d.id AS dataset, p.id AS derived_from, n.optimizer AS optimizer,
       n.platform AS platform, n.metric AS metric, n.value AS value, n.bytes AS bytes,
       n.hyper AS hyper, n.seed AS seed, n.licence AS licence,
       n.origin AS origin, n.trained_by AS trained_by
