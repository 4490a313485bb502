// purpose: All links, page by page in region and function order; each region that counts has a link,
// so that no page needs more regions than rows.
// params: after_region: STRING, after: STRING, limit: INTEGER
// mode: read
// columns: region, region_name, function, function_name, weight, claims, sources, source_weights, rule

MATCH (r:Region)
WHERE r.id >= $after_region AND EXISTS {
  MATCH (r)-[:HAS_FUNCTION]->(g:Function)
  WHERE r.id > $after_region OR g.id > $after
}
WITH r
ORDER BY r.id
LIMIT $limit
MATCH (r)-[h:HAS_FUNCTION]->(f:Function)
WHERE r.id > $after_region OR f.id > $after
RETURN r.id AS region, r.name AS region_name, f.id AS function, f.name AS function_name,
       h.weight AS weight, h.claims AS claims, h.sources AS sources,
       h.source_weights AS source_weights,
       h.rule AS rule
ORDER BY region, function
LIMIT $limit
