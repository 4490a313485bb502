// purpose: One scenario.
// params: id: STRING
// mode: read
// columns: id, name, space, peaks, regions, description, citation, dataset

MATCH (s:Scenario {id: $id})
RETURN s.id AS id, s.name AS name, s.space AS space, s.peaks AS peaks, s.regions AS regions,
       s.description AS description, s.citation AS citation, s.dataset AS dataset
ORDER BY id
