// purpose: Every projected model link, in a fixed order (for recomputation).
// mode: read
// columns: region, model, weight, allow, by

MATCH (r:Region)-[l:MODELLED_BY]->(m:Model)
RETURN r.id AS region, m.id AS model, l.weight AS weight, l.allow AS allow, l.by AS by
ORDER BY region, model
