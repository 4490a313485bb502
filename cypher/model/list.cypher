// purpose: Every model, with the areas it serves.
// mode: read
// columns: id, name, family, category, functions, modality, inputs, taps, parameters, size, structure, metrics, areas

MATCH (m:Model)
OPTIONAL MATCH (m)-[:SERVES]->(a:Area)
WITH m, a
ORDER BY a.id
WITH m, collect(a.id) AS areas
RETURN m.id AS id, m.name AS name, m.family AS family, m.category AS category,
       m.functions AS functions, m.modality AS modality, m.inputs AS inputs, m.taps AS taps,
       m.parameters AS parameters, m.size AS size, m.structure AS structure,
       m.metrics AS metrics, areas
ORDER BY id
