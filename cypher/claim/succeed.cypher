// purpose: Tie claims to the versions they replaced.
// params: rows: LIST<MAP>
// keys: rows.id, rows.archived
// mode: write
// columns:

UNWIND $rows AS row
MATCH (c:Claim {id: row.id}), (old:Claim {id: row.archived})
MERGE (c)-[:SUPERSEDES]->(old)
