// purpose: Functions whose name or definition holds the words (full-text syntax).
// params: text: STRING
// mode: read
// columns: id

CALL db.index.fulltext.queryNodes('function_text', $text) YIELD node
RETURN node.id AS id
ORDER BY id
