// purpose: The library as one table: every model with what was trained of it, by key.
// mode: read
// columns: key, id, name, areas, functions, category, family, modality, parameters, sha256,
//   dataset, metric, value, optimizer, platform, bytes, licence, origin, trained_by

MATCH (m:Model)
WITH m, COLLECT { MATCH (m)-[:SERVES]->(a:Area) RETURN a.id ORDER BY a.id } AS areas
OPTIONAL MATCH (m)<-[:OF]-(k:Checkpoint)
OPTIONAL MATCH (k)-[:TRAINED_ON]->(d:Dataset)
RETURN m.id + '|' + coalesce(k.id, '') AS key, m.id AS id, m.name AS name, areas,
       m.functions AS functions, m.category AS category, m.family AS family,
       m.modality AS modality, m.parameters AS parameters, k.id AS sha256, d.id AS dataset,
       k.metric AS metric, k.value AS value, k.optimizer AS optimizer, k.platform AS platform,
       k.bytes AS bytes, k.licence AS licence, k.origin AS origin, k.trained_by AS trained_by
ORDER BY key
