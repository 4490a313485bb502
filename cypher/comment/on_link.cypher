// purpose: Tie comments to the model links they are on.
// params: rows: LIST<MAP>
// keys: rows.id, rows.model_link
// mode: write
// columns:

UNWIND $rows AS row
MATCH (n:Comment {id: row.id}), (l:ModelLink {id: row.model_link})
MERGE (n)-[:ON]->(l)
