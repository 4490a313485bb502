// purpose: Functions of one region, strongest first, each source's own weight beside the combined.
// params: id: STRING
// mode: read
// columns: function, name, weight, claims, sources, source_weights

MATCH (:Region {id: $id})-[h:HAS_FUNCTION]->(f:Function)
RETURN f.id AS function, f.name AS name, h.weight AS weight, h.claims AS claims, h.sources AS sources,
       h.source_weights AS source_weights
ORDER BY weight DESC, function
