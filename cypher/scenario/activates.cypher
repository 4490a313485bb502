// purpose: Regions of a scenario, strongest first.
// params: id: STRING
// mode: read
// columns: region, name, strength

MATCH (:Scenario {id: $id})-[e:ACTIVATES]->(r:Region)
RETURN r.id AS region, r.name AS name, e.strength AS strength
ORDER BY strength DESC, region
