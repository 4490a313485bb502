// purpose: Functions that a source relates to one; outgoing says whether the relation starts at it.
// params: id: STRING
// mode: read
// columns: function, name, kind, source, outgoing

MATCH (f:Function {id: $id})-[r:RELATED_TO]-(other:Function)
RETURN other.id AS function, other.name AS name, r.kind AS kind, r.source AS source,
       startNode(r) = f AS outgoing
ORDER BY outgoing DESC, kind, function
