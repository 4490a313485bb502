// purpose: Numbers of the revisions that changed a model or what people state about it.
// params: id: STRING
// mode: read
// columns: seq

MATCH (:Model {id: $id})<-[:ABOUT_MODEL*0..1]-(n)
MATCH (n)<-[:CHANGED]-(v:Revision)
RETURN DISTINCT v.seq AS seq
ORDER BY seq
