// purpose: Links of one region, page by page in function order, optionally of one function.
// params: region: STRING, function: STRING?, after: STRING, limit: INTEGER
// mode: read
// columns: region, region_name, function, function_name, weight, claims, sources, source_weights, rule

MATCH (r:Region {id: $region})-[h:HAS_FUNCTION]->(f:Function)
WHERE f.id > $after AND ($function IS NULL OR f.id = $function)
RETURN r.id AS region, r.name AS region_name, f.id AS function, f.name AS function_name,
       h.weight AS weight, h.claims AS claims, h.sources AS sources,
       h.source_weights AS source_weights,
       h.rule AS rule
ORDER BY function
LIMIT $limit
