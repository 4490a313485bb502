// purpose: The content of these scenarios.
// params: ids: LIST<STRING>
// mode: read
// columns: id, name, space, description, citation, dataset, peaks, regions, activates

UNWIND $ids AS id
MATCH (n:Scenario {id: id})
RETURN n.id AS id, n.name AS name, n.space AS space, n.description AS description,
       n.citation AS citation, n.dataset AS dataset, n.peaks AS peaks, n.regions AS regions,
       COLLECT {
         MATCH (n)-[e:ACTIVATES]->(r:Region)
         RETURN {region: r.id, strength: e.strength} AS one ORDER BY r.id
       } AS activates
