// purpose: Say which regions scenarios activate, and how strongly (0, 1].
// params: rows: LIST<MAP>
// keys: rows.id, rows.region
// mode: write
// columns:

UNWIND $rows AS row
MATCH (s:Scenario {id: row.id}), (r:Region {id: row.region})
MERGE (s)-[e:ACTIVATES]->(r)
SET e.strength = row.strength
