// purpose: Tie compositions to their scenarios.
// params: rows: LIST<MAP>
// keys: rows.id, rows.scenario
// mode: write
// columns:

UNWIND $rows AS row
MATCH (k:Composition {id: row.id}), (s:Scenario {id: row.scenario})
MERGE (k)-[:FOR]->(s)
