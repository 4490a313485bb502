// purpose: The revisions that changed one record, in any order, and what it was before each (null
// where it was created).
// params: noun: STRING, id: STRING
// mode: read
// columns: seq, before

MATCH (n:Source {id: $id})<-[c:CHANGED]-(v:Revision)
WHERE $noun = 'source'
RETURN v.seq AS seq, c.before AS before
UNION ALL
MATCH (n:Dataset {id: $id})<-[c:CHANGED]-(v:Revision)
WHERE $noun = 'dataset'
RETURN v.seq AS seq, c.before AS before
UNION ALL
MATCH (n:Function {id: $id})<-[c:CHANGED]-(v:Revision)
WHERE $noun = 'function'
RETURN v.seq AS seq, c.before AS before
UNION ALL
MATCH (n:Atlas {id: $id})<-[c:CHANGED]-(v:Revision)
WHERE $noun = 'atlas'
RETURN v.seq AS seq, c.before AS before
UNION ALL
MATCH (n:Region {id: $id})<-[c:CHANGED]-(v:Revision)
WHERE $noun = 'region'
RETURN v.seq AS seq, c.before AS before
UNION ALL
MATCH (n:Area {id: $id})<-[c:CHANGED]-(v:Revision)
WHERE $noun = 'area'
RETURN v.seq AS seq, c.before AS before
UNION ALL
MATCH (n:Model {id: $id})<-[c:CHANGED]-(v:Revision)
WHERE $noun = 'model'
RETURN v.seq AS seq, c.before AS before
UNION ALL
MATCH (n:Checkpoint {id: $id})<-[c:CHANGED]-(v:Revision)
WHERE $noun = 'checkpoint'
RETURN v.seq AS seq, c.before AS before
UNION ALL
MATCH (n:Scenario {id: $id})<-[c:CHANGED]-(v:Revision)
WHERE $noun = 'scenario'
RETURN v.seq AS seq, c.before AS before
UNION ALL
MATCH (n:Composition {id: $id})<-[c:CHANGED]-(v:Revision)
WHERE $noun = 'composition'
RETURN v.seq AS seq, c.before AS before
UNION ALL
MATCH (n:Matrix {id: $id})<-[c:CHANGED]-(v:Revision)
WHERE $noun = 'matrix'
RETURN v.seq AS seq, c.before AS before
UNION ALL
MATCH (n:Claim {id: $id})<-[c:CHANGED]-(v:Revision)
WHERE $noun = 'claim'
RETURN v.seq AS seq, c.before AS before
UNION ALL
MATCH (n:ModelLink {id: $id})<-[c:CHANGED]-(v:Revision)
WHERE $noun = 'model_link'
RETURN v.seq AS seq, c.before AS before
UNION ALL
MATCH (n:Comment {id: $id})<-[c:CHANGED]-(v:Revision)
WHERE $noun = 'comment'
RETURN v.seq AS seq, c.before AS before
UNION ALL
MATCH (n:Term {id: $id})<-[c:CHANGED]-(v:Revision)
WHERE $noun = 'term'
RETURN v.seq AS seq, c.before AS before
UNION ALL
MATCH (n:Withdrawn {record: $noun + ':' + $id})<-[c:CHANGED]-(v:Revision)
RETURN v.seq AS seq, c.before AS before
