// purpose: Every term of the dictionaries.
// mode: read
// columns: id, dictionary, name, definition, aliases, status, replaced_by, digest

MATCH (n:Term)
RETURN n.id AS id, n.dictionary AS dictionary, n.name AS name, n.definition AS definition,
       coalesce(n.aliases, []) AS aliases, coalesce(n.status, 'active') AS status,
       coalesce(n.replaced_by, []) AS replaced_by, n.digest AS digest
ORDER BY id
