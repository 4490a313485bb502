// purpose: Regions whose name, abbreviation or network holds the words (full-text syntax).
// params: text: STRING
// mode: read
// columns: id

CALL db.index.fulltext.queryNodes('region_text', $text) YIELD node
RETURN node.id AS id
ORDER BY id
