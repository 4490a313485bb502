// purpose: All links of one atlas with their sources side by side.
// params: atlas: STRING
// mode: read
// columns: region, function, weight, sources, source_weights

MATCH (:Atlas {id: $atlas})<-[:PART_OF]-(r:Region)-[h:HAS_FUNCTION]->(f:Function)
RETURN r.id AS region, f.id AS function, h.weight AS weight, h.sources AS sources,
       h.source_weights AS source_weights
ORDER BY region, function
