"""What user-supplied Cypher may say: one statement that reads, nothing else.

This is the first of several layers (see :mod:`graph.ask`), and the strictest: it knows a few
words that are allowed to lead, and refuses a word that writes wherever it stands as a word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from atlas.errors import Forbidden, InvalidInput
from graph import costs
from graph.parameters import check as check_parameters
from graph.tokens import Token, text_at, tokens

MAX_QUERY_CHARS = 20_000

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


def check(query: str, parameters: Mapping[str, object] | None = None) -> str:
    """The statement without a closing semicolon, if it may be asked.

    Without ``parameters`` they are not known yet, and are judged when they come.

    Raises:
        InvalidInput: empty, too long, not text that Cypher could mean, or parameters that no
            server should take.
        Forbidden: names the word or procedure that is not allowed, or what costs too much.

    >>> check("MATCH (n) RETURN n;")
    'MATCH (n) RETURN n'
    """
    if not query.strip():
        raise InvalidInput("query", found="nothing", expected="one Cypher statement")
    if len(query) > MAX_QUERY_CHARS:
        raise InvalidInput(
            "query", found=f"{len(query)} characters", expected=f"at most {MAX_QUERY_CHARS}"
        )
    check_parameters(parameters or {})
    found = tokens(query)
    while found and found[-1].text == ";":
        query = query[: found.pop().start]
    _check_statement(found)
    for position, token in enumerate(found):
        if token.kind == "word":
            _check_word(found, position)
        elif token.text == "(":
            _check_function(found, position)
        elif token.text in {";", "\\"}:
            raise Forbidden("query", found=token.text, expected="one statement")
        elif token.text == "$" and "(" in (text_at(found, position + n) for n in (1, 2)):
            raise Forbidden("query", found="$(…)", expected="a label or type by its name")
    costs.check(found, parameters)
    return query


def _check_statement(tokens: list[Token]) -> None:
    first = tokens[0].text if tokens else "nothing"
    if first.upper() not in _LEADING:
        raise Forbidden(
            "query", found=first, expected=f"to begin with {', '.join(sorted(_LEADING))}"
        )


def _check_word(tokens: list[Token], position: int) -> None:
    word = tokens[position].word
    if _is_name(tokens, position):
        return
    if word in _REFUSED:
        raise Forbidden("query", found=word, expected="a statement that only reads")
    if word == "SHORTEST":  # Neo4j does not look at the clock during this search
        raise Forbidden("query", found=word, expected="shortestPath() or a bounded path")
    if word == "CALL":
        _check_call(tokens, position + 1)


def _is_name(tokens: list[Token], position: int) -> bool:
    """Whether the word is a label, a property or a parameter: such may have any name."""
    before = tokens[position - 1] if position else None
    if before is None or before.text not in {":", ".", "$"}:
        return False
    if before.text == "$":
        return before.start + 1 == tokens[position].start
    # Behind a number or another point, a point belongs to a number or a range.
    owner = tokens[position - 2] if position > 1 else before
    return before.text == ":" or not (owner.kind == "number" or owner.text == ".")


def _check_function(tokens: list[Token], position: int) -> None:
    """The name before an opening parenthesis, if it is one with a namespace or in backticks."""
    first = position - 1
    while text_at(tokens, first - 1) == ".":
        first -= 2
    name = "".join(token.text for token in tokens[max(first, 0) : position])
    if text_at(tokens, first - 1).upper() == "CALL" or not ("." in name or "`" in name):
        return
    if not _NAMESPACED_FUNCTIONS.fullmatch(name):
        raise Forbidden("query", found=f"{name}()", expected="a built-in function")


def _check_call(tokens: list[Token], position: int) -> None:
    if text_at(tokens, position) in {"{", "("}:
        return
    name = _dotted(tokens, position)
    if name.lower() not in PROCEDURES:
        raise Forbidden(
            "query", found=f"CALL {name}", expected=f"one of {', '.join(sorted(PROCEDURES))}"
        )


def _dotted(tokens: list[Token], position: int) -> str:
    """The dotted name that begins here."""
    name = text_at(tokens, position)
    position += 1
    while text_at(tokens, position) == ".":
        name += "." + text_at(tokens, position + 1)
        position += 2
    return name
