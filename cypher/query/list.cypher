// purpose: The stored queries that somebody owns or that are shared, every version.
// params: owner: STRING
// mode: read
// columns: id, name, version, text, parameters, description, owner, shared, withdrawn

MATCH (n:StoredQuery)
WHERE n.withdrawn = false AND (n.shared OR n.owner = $owner)
RETURN n.id AS id, n.name AS name, n.version AS version, n.text AS text,
       n.parameters AS parameters, n.description AS description,
       n.owner AS owner, n.shared AS shared, n.withdrawn AS withdrawn
ORDER BY name, version
