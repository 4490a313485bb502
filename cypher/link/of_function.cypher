// purpose: Links of one function, page by page in region order.
// params: function: STRING, after_region: STRING, after: STRING, limit: INTEGER
// mode: read
// columns: region, region_name, function, function_name, weight, claims, sources, source_weights, rule

MATCH (r:Region)-[h:HAS_FUNCTION]->(f:Function {id: $function})
WHERE r.id > $after_region OR (r.id = $after_region AND f.id > $after)
RETURN r.id AS region, r.name AS region_name, f.id AS function, f.name AS function_name,
       h.weight AS weight, h.claims AS claims, h.sources AS sources,
       h.source_weights AS source_weights,
       h.rule AS rule
ORDER BY region
LIMIT $limit
