// purpose: Keep one version of a stored query (parameters are JSON: name to type).
// params: row: MAP, at: STRING
// mode: write
// columns:

CREATE (n:StoredQuery {id: $row.id})
SET n.name = $row.name, n.version = $row.version, n.text = $row.text,
    n.parameters = $row.parameters, n.description = $row.description,
    n.owner = $row.owner, n.shared = $row.shared, n.withdrawn = false,
    n.created_at = datetime($at)
