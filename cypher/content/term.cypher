// purpose: The content of these terms of dictionaries.
// params: ids: LIST<STRING>
// mode: read
// columns: id, dictionary, name, definition, aliases, status, replaced_by, edited_by

UNWIND $ids AS id
MATCH (n:Term {id: id})
RETURN n.id AS id, n.dictionary AS dictionary, n.name AS name, n.definition AS definition,
       n.aliases AS aliases, n.status AS status, n.replaced_by AS replaced_by,
       n.edited_by AS edited_by
