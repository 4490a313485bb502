// purpose: Models that serve the given areas, an area above or below one of them included, with
// their trained checkpoints.
// params: areas: LIST<STRING>
// mode: read
// columns: area, serves, model, family, modality, checkpoint, dataset, metric, value

UNWIND $areas AS area
MATCH (slot:Area {id: area})
MATCH (m:Model)-[:SERVES]->(a:Area)
WHERE EXISTS { MATCH (a)-[:SUBAREA_OF*0..]->(:Area {id: area}) }
   OR EXISTS { MATCH (a)<-[:SUBAREA_OF*0..]-(:Area {id: area}) }
OPTIONAL MATCH (k:Checkpoint)-[:OF]->(m)
OPTIONAL MATCH (k)-[:TRAINED_ON]->(d:Dataset)
RETURN slot.id AS area, a.id AS serves, m.id AS model, m.family AS family, m.modality AS modality,
       k.id AS checkpoint, d.id AS dataset, k.metric AS metric, k.value AS value
ORDER BY area, model, serves, checkpoint
