// purpose: Why a composition has its parts: active region, claim, function, area, model, network;
// the strongest evidence first.
// params: id: STRING, active: LIST<MAP>, limit: INTEGER
// mode: read
// columns: region, region_name, strength, claim, source, weight, function, area, slot, model, checkpoint,
//   composition

MATCH (k:Composition {id: $id})-[u:USES]->(p:Checkpoint)-[:OF]->(m:Model)-[:SERVES]->(top:Area)
MATCH (top)<-[:SUBAREA_OF*0..]-(a:Area)-[:SUBAREA_OF*0..]->(slot:Area)
WHERE slot.id = u.slot
MATCH (a)-[:REALIZES]->(:Function)<-[:SUBFUNCTION_OF*0..]-(f:Function)
WITH DISTINCT k, u.slot AS slot, p, m, a, f
UNWIND $active AS item
MATCH (r:Region {id: item.region})-[h:HAS_FUNCTION]->(f)
UNWIND h.claims AS claim
MATCH (c:Claim {id: claim})-[:FROM]->(s:Source)
RETURN r.id AS region, r.name AS region_name, item.strength AS strength, c.id AS claim,
       s.id AS source, c.weight AS weight, f.id AS function, a.id AS area, slot, m.id AS model,
       p.id AS checkpoint, k.id AS composition
ORDER BY item.strength * c.weight DESC, region, function, area, claim, model
LIMIT $limit
