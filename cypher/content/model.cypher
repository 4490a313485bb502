// purpose: The content of these models.
// params: ids: LIST<STRING>
// mode: read
// columns: id, name, family, category, modality, areas, functions, inputs, taps, parameters, size,
//   structure, metrics

UNWIND $ids AS id
MATCH (n:Model {id: id})
RETURN n.id AS id, n.name AS name, n.family AS family, n.category AS category,
       n.modality AS modality, COLLECT { MATCH (n)-[:SERVES]->(a:Area) RETURN a.id ORDER BY a.id } AS areas,
       n.functions AS functions, n.inputs AS inputs, n.taps AS taps, n.parameters AS parameters,
       n.size AS size, n.structure AS structure, n.metrics AS metrics
