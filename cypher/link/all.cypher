// purpose: Every projected link, in a fixed order (for digests and recomputation).
// mode: read
// columns: region, function, weight, claims, sources, source_weights, rule

MATCH (r:Region)-[h:HAS_FUNCTION]->(f:Function)
RETURN r.id AS region, f.id AS function, h.weight AS weight, h.claims AS claims, h.sources AS sources,
       h.source_weights AS source_weights, h.rule AS rule
ORDER BY region, function
