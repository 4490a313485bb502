// purpose: Every version of one stored query, the latest first.
// params: query: STRING
// mode: read
// columns: id, name, version, text, parameters, description, owner, shared, withdrawn

MATCH (n:StoredQuery {name: $query})
RETURN n.id AS id, n.name AS name, n.version AS version, n.text AS text,
       n.parameters AS parameters, n.description AS description,
       n.owner AS owner, n.shared AS shared, n.withdrawn AS withdrawn
ORDER BY version DESC
