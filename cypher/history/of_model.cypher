// purpose: Numbers of the revisions that changed a model or what people state about it, in any order;
// also of one that was withdrawn.
// params: id: STRING
// mode: read
// columns: seq

MATCH (:Model {id: $id})<-[:ABOUT_MODEL*0..1]-(n)
MATCH (n)<-[:CHANGED]-(v:Revision)
RETURN DISTINCT v.seq AS seq
UNION ALL
MATCH (:Withdrawn {record: 'model:' + $id})<-[:ABOUT_MODEL*0..1]-(n)
MATCH (n)<-[:CHANGED]-(v:Revision)
RETURN DISTINCT v.seq AS seq
