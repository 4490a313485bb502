// purpose: Areas with every function they realize, those below a realized function included.
// mode: read
// columns: area, function, realized

MATCH (a:Area)-[:REALIZES]->(top:Function)<-[:SUBFUNCTION_OF*0..]-(f:Function)
WITH a, f, min(CASE WHEN f.id = top.id THEN 0 ELSE 1 END) AS below
RETURN a.id AS area, f.id AS function, below = 0 AS realized
ORDER BY area, function
