// purpose: Functions whose name, aliases or definition hold the words (full-text syntax).
// params: text: STRING
// mode: read
// columns: id

CALL db.index.fulltext.queryNodes('function_words', $text) YIELD node
RETURN node.id AS id
ORDER BY id
