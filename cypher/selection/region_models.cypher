// purpose: Curated region-model links of the given regions; allow is false where a model is
// forbidden.
// params: regions: LIST<STRING>
// mode: read
// columns: region, model, family, modality, allow, weight, by

UNWIND $regions AS region
MATCH (r:Region {id: region})-[l:MODELLED_BY]->(m:Model)
RETURN r.id AS region, m.id AS model, m.family AS family, m.modality AS modality,
       coalesce(l.allow, true) AS allow, l.weight AS weight, l.by AS by
ORDER BY region, model
