// purpose: Numbers of the revisions that changed a region or what people state about it, in any order;
// also of one that was withdrawn.
// params: id: STRING
// mode: read
// columns: seq

MATCH (:Region {id: $id})<-[:ABOUT_REGION*0..1]-(n)
MATCH (n)<-[:CHANGED]-(v:Revision)
RETURN DISTINCT v.seq AS seq
UNION ALL
MATCH (:Withdrawn {record: 'region:' + $id})<-[:ABOUT_REGION*0..1]-(n)
MATCH (n)<-[:CHANGED]-(v:Revision)
RETURN DISTINCT v.seq AS seq
