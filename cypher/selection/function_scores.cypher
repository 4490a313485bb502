// purpose: Functions by how strongly active regions of one atlas speak for them: the mean of the
// links' weights, weighted by activation, times how much a function says about a region at all.
// params: atlas: STRING, active: LIST<MAP>
// mode: read
// columns: function, name, score
MATCH (:Atlas {id: $atlas})<-[:PART_OF]-(every:Region)
WITH count(every) AS n_regions
UNWIND $active AS active
MATCH (:Region {id: active.region})-[link:HAS_FUNCTION]->(f:Function)
WITH n_regions, f, sum(active.weight * link.weight) AS evidence
MATCH (f)<-[:HAS_FUNCTION]-(with_it:Region)-[:PART_OF]->(:Atlas {id: $atlas})
WITH n_regions, f, evidence, count(with_it) AS n_with,
     reduce(sum = 0.0, active IN $active | sum + active.weight) AS total
WITH f, evidence / total * log(toFloat(n_regions) / n_with) / log(n_regions) AS score
WHERE score > 0
RETURN f.id AS function, f.name AS name, score
ORDER BY score DESC, function
