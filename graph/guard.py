"""What user-supplied Cypher may say: one statement that reads, nothing else.

This is the first of several layers (see :mod:`graph.ask`), and the strictest: it knows a few
words that are allowed to lead, and refuses a word that writes wherever it stands as a word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from atlas.errors import Forbidden, InvalidInput

MAX_QUERY_CHARS = 100_000

PROCEDURES = frozenset({"db.labels", "db.relationshiptypes", "db.index.fulltext.querynodes"})
"""Procedures that may be called (lower case)."""

_LEADING = frozenset({"MATCH", "OPTIONAL", "UNWIND", "WITH", "RETURN", "CALL"})
_REFUSED = frozenset(
    {
        *("CREATE", "INSERT", "MERGE", "SET", "DELETE", "DETACH", "NODETACH", "REMOVE", "FOREACH"),
        *("DROP", "ALTER", "RENAME", "TRUNCATE", "GRANT", "DENY", "REVOKE", "ENABLE"),
        *("LOAD", "USE", "SHOW", "START", "STOP", "TERMINATE", "TRANSACTIONS"),
        *("DEALLOCATE", "REALLOCATE", "DRYRUN", "EXPLAIN", "PROFILE", "CYPHER"),
    }
)
_NAMESPACED_FUNCTIONS = re.compile(
    r"(date|time|datetime|localtime|localdatetime|duration)\.\w+|point\.(distance|withinbbox)",
    re.IGNORECASE,
)

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n\r]*|/\*.*?\*/)
      | (?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
      | (?P<quoted>`(?:[^`]|``)*`)
      | (?P<number>\d[\w.]*)
      | (?P<word>[^\W\d]\w*)
      | (?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int


def check(query: str) -> str:
    """The statement without a closing semicolon, if it may be asked.

    Raises:
        InvalidInput: empty, too long, or not text that Cypher could mean.
        Forbidden: names the word or procedure that is not allowed.

    >>> check("MATCH (n) RETURN n;")
    'MATCH (n) RETURN n'
    """
    if not query.strip():
        raise InvalidInput("query", found="nothing", expected="one Cypher statement")
    if len(query) > MAX_QUERY_CHARS:
        raise InvalidInput(
            "query", found=f"{len(query)} characters", expected=f"at most {MAX_QUERY_CHARS}"
        )
    # Servers decode \uXXXX before they look at quotes: such an escape could end a string.
    if re.search(r"\\[uU]", query) or "\x00" in query:
        raise Forbidden("query", found="a \\u escape", expected="the character, or a parameter")
    tokens = _tokens(query)
    while tokens and tokens[-1].text == ";":
        query = query[: tokens.pop().start]
    _check_statement(tokens)
    for position, token in enumerate(tokens):
        if token.kind == "word":
            _check_word(tokens, position)
        elif token.text == "(":
            _check_function(tokens, position)
        elif token.text in {";", "\\"}:
            raise Forbidden("query", found=token.text, expected="one statement")
        elif token.text in {"'", '"', "`"} or (token.text, _text(tokens, position + 1)) == (
            "/",
            "*",
        ):
            raise InvalidInput("query", found=f"an unclosed {token.text}", expected="its end")
    return query


def _tokens(query: str) -> list[_Token]:
    found = (
        _Token(str(match.lastgroup), match.group(), match.start())
        for match in _TOKEN.finditer(query)
    )
    return [token for token in found if token.kind != "space"]


def _check_statement(tokens: list[_Token]) -> None:
    first = tokens[0].text if tokens else "nothing"
    if first.upper() not in _LEADING:
        raise Forbidden(
            "query", found=first, expected=f"to begin with {', '.join(sorted(_LEADING))}"
        )


def _check_word(tokens: list[_Token], position: int) -> None:
    word = tokens[position].text.upper()
    before = _text(tokens, position - 1)
    if before in {".", "$"}:
        return
    # A label may have any name, but only directly behind its colon.
    if word in _REFUSED and before != ":":
        raise Forbidden("query", found=word, expected="a statement that only reads")
    if word == "CALL":
        _check_call(tokens, position + 1)


def _check_function(tokens: list[_Token], position: int) -> None:
    """The name before an opening parenthesis, if it is one with a namespace or in backticks."""
    first = position - 1
    while _text(tokens, first - 1) == ".":
        first -= 2
    name = "".join(token.text for token in tokens[max(first, 0) : position])
    if _text(tokens, first - 1).upper() == "CALL" or not ("." in name or "`" in name):
        return
    if not _NAMESPACED_FUNCTIONS.fullmatch(name):
        raise Forbidden("query", found=f"{name}()", expected="a built-in function")


def _check_call(tokens: list[_Token], position: int) -> None:
    if _text(tokens, position) in {"{", "("}:
        return
    name, _ = _dotted(tokens, position)
    if name.lower() not in PROCEDURES:
        raise Forbidden(
            "query", found=f"CALL {name}", expected=f"one of {', '.join(sorted(PROCEDURES))}"
        )


def _dotted(tokens: list[_Token], position: int) -> tuple[str, int]:
    """The dotted name that begins here, and the position after it."""
    name = _text(tokens, position)
    position += 1
    while _text(tokens, position) == ".":
        name += "." + _text(tokens, position + 1)
        position += 2
    return name, position


def _text(tokens: list[_Token], position: int) -> str:
    return tokens[position].text if 0 <= position < len(tokens) else ""
