"""A Cypher text as tokens, without its comments."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from atlas.errors import Forbidden, InvalidInput

# What Python and the two servers read differently must not occur at all: an escape that a server
# decodes before it looks at quotes, a line end that only one of them takes for one (a comment
# would end elsewhere), an invisible character inside a word.
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
      | (?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
      | (?P<quoted>`(?:[^`]|``)*`)
      | (?P<number>0[xo][\da-fA-F]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<word>[^\W\d]\w*)
      | (?P<sign>=~|\|\||.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A string, quoted name, number, word or sign, and where it begins."""

    kind: str
    text: str
    start: int

    @property
    def word(self) -> str:
        """Its text in capitals if it is a word, else nothing."""
        return self.text.upper() if self.kind == "word" else ""


def tokens(query: str) -> list[Token]:
    """Split a statement.

    Raises:
        Forbidden: it holds an escape or a character that servers read in different ways.
        InvalidInput: a string, name or comment does not end.

    >>> [token.text for token in tokens("RETURN 'a' /* b */ + 1.5")]
    ['RETURN', "'a'", '+', '1.5']
    """
    _refuse_disguises(query)
    found = []
    for match in _TOKEN.finditer(query):
        kind, text = str(match.lastgroup), match.group()
        if kind != "space":
            found.append(Token(kind, text, match.start()))
        elif text.startswith("/*") and "/*" in text[2:]:
            raise Forbidden("query", found="/* in a comment", expected="comments one by one")
    for position, token in enumerate(found):
        if token.text in {"'", '"', "`"} or (token.text, text_at(found, position + 1)) == (
            "/",
            "*",
        ):
            raise InvalidInput("query", found=f"an unclosed {token.text}", expected="its end")
    return found


def text_at(found: Sequence[Token], position: int) -> str:
    """The text of a token, or nothing beyond the ends."""
    return found[position].text if 0 <= position < len(found) else ""


def _refuse_disguises(query: str) -> None:
    if re.search(r"\\[uU]", query):
        raise Forbidden("query", found="a \\u escape", expected="the character, or a parameter")
    for character in query.replace("\r\n", "\n"):
        if character not in "\t\n" and unicodedata.category(character) in _INVISIBLE:
            name = f"the invisible character U+{ord(character):04X}"
            raise Forbidden("query", found=name, expected="visible text; values as parameters")
