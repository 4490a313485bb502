// purpose: The library as one table: every model with what was trained of it, by key; texts are
// lower-case and match anywhere.
// params: model: STRING?, called: STRING?, area: STRING?, function: STRING?, category: STRING?,
//   modality: STRING?, dataset: STRING?, optimizer: STRING?, platform: STRING?, metric: STRING?,
//   text: STRING?, least: FLOAT?, most: INTEGER?, trained: BOOLEAN, after: STRING, limit: INTEGER
// mode: read
// columns: key, id, name, areas, functions, category, family, modality, parameters, sha256,
//   dataset, metric, value, optimizer, platform, bytes, licence, origin, trained_by, derived_from

MATCH (m:Model)
WHERE ($model IS NULL OR m.id = $model)
  AND ($called IS NULL OR toLower(m.name) CONTAINS $called)
  AND ($category IS NULL OR toLower(m.category) CONTAINS $category)
  AND ($modality IS NULL OR toLower(m.modality) = $modality)
  AND ($most IS NULL OR m.parameters <= $most)
  AND ($function IS NULL
       OR size([f IN m.functions WHERE toLower(f) CONTAINS $function]) > 0)
  AND ($area IS NULL OR EXISTS {
    MATCH (m)-[:SERVES]->(a:Area)
    WHERE a.id = $area OR a.id STARTS WITH $area + '.' OR toLower(a.name) = $area
  })
OPTIONAL MATCH (m)<-[:OF]-(k:Checkpoint)
OPTIONAL MATCH (k)-[:TRAINED_ON]->(d:Dataset)
WITH m, k, d, m.id + '|' + coalesce(k.id, '') AS key
WHERE key > $after
  AND (NOT $trained OR k.id IS NOT NULL)
  AND ($dataset IS NULL OR toLower(d.id) CONTAINS $dataset OR toLower(d.name) CONTAINS $dataset)
  AND ($optimizer IS NULL OR toLower(k.optimizer) CONTAINS $optimizer)
  AND ($platform IS NULL OR toLower(k.platform) CONTAINS $platform)
  AND ($metric IS NULL OR toLower(k.metric) CONTAINS $metric)
  AND ($least IS NULL OR k.value >= $least)
  AND ($text IS NULL OR toLower(
        m.id + ' ' + m.name + ' ' + coalesce(m.category, '') + ' ' + coalesce(m.family, '') + ' '
        + reduce(all = '', f IN coalesce(m.functions, []) | all + f + ' ')
        + coalesce(d.id, '') + ' ' + coalesce(k.optimizer, '') + ' ' + coalesce(k.platform, '')
        + ' ' + coalesce(k.licence, '') + ' ' + coalesce(k.origin, '') + ' '
        + coalesce(k.trained_by, '')) CONTAINS $text)
WITH m, k, d, key
ORDER BY key
LIMIT $limit
RETURN key, m.id AS id, m.name AS name,
       COLLECT { MATCH (m)-[:SERVES]->(a:Area) RETURN a.id ORDER BY a.id } AS areas,
       m.functions AS functions, m.category AS category, m.family AS family,
       m.modality AS modality, m.parameters AS parameters, k.id AS sha256, d.id AS dataset,
       k.metric AS metric, k.value AS value, k.optimizer AS optimizer, k.platform AS platform,
       k.bytes AS bytes, k.licence AS licence, k.origin AS origin, k.trained_by AS trained_by,
       COLLECT { MATCH (k)-[:DERIVED_FROM]->(p:Checkpoint) RETURN p.id ORDER BY p.id } AS derived_from
ORDER BY key
