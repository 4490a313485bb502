// purpose: Regions of one atlas with evidence for the given functions or any function below them.
// params: atlas: STRING, functions: LIST<STRING>
// mode: read
// columns: region, function, weight

UNWIND $functions AS asked
MATCH (:Function {id: asked})<-[:SUBFUNCTION_OF*0..]-(f:Function)
MATCH (f)<-[l:HAS_FUNCTION]-(r:Region)-[:PART_OF]->(:Atlas {id: $atlas})
RETURN DISTINCT r.id AS region, f.id AS function, l.weight AS weight
ORDER BY region, function
