"""What a statement may cost, judged by its text.

Rows are cheap to stop: both servers look between them whether the time is up. What they do not
look at is a single expression, and the parser. Here such work is bounded before it starts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from atlas.errors import Forbidden
from graph.parameters import check as check_parameters
from graph.tokens import Token, text_at

MAX_DEPTH = 20
MAX_TOKENS = 2_000
MAX_RANGE = 10_000
MAX_LOOP_VALUES = 10_000
MAX_LOOP_CHARS = 100_000
"""What parameters may hold beside a loop, whose every turn may go through all of it."""
MAX_GROWTH = 64
"""How many times what a name stands for may be in what another one stands for."""
MAX_SEARCH_CHARS = 200
MAX_PATTERN_CHARS = 200
MAX_CHOICES = 10

_BEFORE_NAMES = frozenset({".", ":", "$"})
_BEFORE_EXPRESSIONS = frozenset({"WITH", "RETURN", "UNWIND", "DISTINCT", ","})
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_LOOPS = frozenset({"REDUCE", "ALLREDUCE", "ANY", "ALL", "NONE", "SINGLE"})
_GROWING = frozenset({"+", "||", "[", "{", "REPLACE"})
_REPEATED_GROUP = re.compile(r"\)[*+{]")
_SPANS = re.compile(r"[*+]|\{\d*,\d*\}")
_CHOICES = re.compile(r"\||(?<![(*+?}])\?")


@dataclass(slots=True)
class _Frame:
    """An open bracket or CASE; a loop's body is what runs once for each item."""

    opener: str
    start: int
    loop: bool = False
    body: bool = False


def check(found: Sequence[Token], parameters: Mapping[str, object] | None) -> None:
    """Refuse what no time limit could stop.

    Raises:
        Forbidden: nested too deeply, a loop inside a loop, a long ``range`` outside ``UNWIND``,
            a ``reduce`` that doubles, or a pattern that could backtrack.
        InvalidInput: parameters that are too large to be beside a loop.
    """
    frames: list[_Frame] = []
    looped = False
    for position, token in enumerate(found):
        if token.text in _CLOSING or (token.word == "CASE" and _stands_alone(found, position)):
            _open(found, position, frames)
            looped = looped or frames[-1].loop
        elif frames and (
            token.text == _CLOSING.get(frames[-1].opener)
            or (token.word == "END" and frames[-1].opener == "CASE")
        ):
            _close(found, position, frames.pop())
        elif frames and frames[-1].loop and (token.text == "|" or token.word == "WHERE"):
            frames[-1].body = True
        elif token.text == "=~":
            _check_pattern(found, position + 1, parameters)
        if token.text == "(" and text_at(found, position - 1).upper() == "RANGE":
            _check_range(found, position, parameters)
        if token.text == "(" and text_at(found, position - 1).upper() == "QUERYNODES":
            _check_search(found, position, parameters)
    _check_copies(found)
    if looped and parameters is not None:
        check_parameters(parameters, MAX_LOOP_VALUES, MAX_LOOP_CHARS, "beside a loop; UNWIND more")
    if len(found) > MAX_TOKENS:
        raise Forbidden(
            "query",
            found=f"{len(found)} words and signs",
            expected=f"{MAX_TOKENS} at most, long lists as parameters",
        )


def _stands_alone(found: Sequence[Token], position: int) -> bool:
    before, after = text_at(found, position - 1), text_at(found, position + 1)
    return before not in _BEFORE_NAMES and after != ":"


def _open(found: Sequence[Token], position: int, frames: list[_Frame]) -> None:
    frame = _Frame(found[position].text.upper(), position, _is_loop(found, position))
    if frame.loop and any(outer.loop and outer.body for outer in frames):
        raise Forbidden(
            "query", found="a loop inside a loop", expected="UNWIND or CALL { } for one of them"
        )
    frames.append(frame)
    if len(frames) > MAX_DEPTH:
        raise Forbidden(
            "query", found=f"more than {MAX_DEPTH} levels", expected="a less nested statement"
        )


def _is_loop(found: Sequence[Token], position: int) -> bool:
    before, opener = text_at(found, position - 1), found[position].text
    if opener == "(":
        return before.upper() in _LOOPS and text_at(found, position - 2) != "."
    first, second = text_at(found, position + 1), text_at(found, position + 2)
    # [x IN …], [(a)-->(b) | …] and [p = (a)-->(b) | …]
    return opener == "[" and (second.upper() in {"IN", "="} or first == "(")


def _close(found: Sequence[Token], position: int, frame: _Frame) -> None:
    if text_at(found, frame.start - 1).upper() == "REDUCE":
        _check_growth(found[frame.start + 1 : position])


def _check_growth(inside: Sequence[Token]) -> None:
    texts = [token.text for token in inside]
    bar = texts.index("|") if "|" in texts else len(texts)
    body = [token.word or token.text for token in inside[bar + 1 :]]
    growing = _GROWING & set(body)
    if growing and ("REPLACE" in growing or body.count(texts[0].upper()) > 1):
        raise Forbidden(
            "query",
            found="a reduce() whose result may double with every step",
            expected=f"{texts[0]} once in an expression that adds to it",
        )


def _check_copies(found: Sequence[Token]) -> None:
    """Follow how often a name's value is in the next one: ``WITH [s, s] AS s`` doubles it."""
    sizes: dict[str, int] = {}
    for position, token in enumerate(found):
        if token.word != "AS" or text_at(found, position - 1) in _BEFORE_NAMES:
            continue
        inside = list(_before(found, position))
        copies = [sizes.get(one.text, 1) for one in inside if one.kind in {"word", "quoted"}]
        grows = not _GROWING.isdisjoint(one.word or one.text for one in inside)
        size = (sum if grows else max)(copies or [1])
        sizes[text_at(found, position + 1)] = size
        if grows and size > MAX_GROWTH and max(copies) > 1:
            expected = "names whose values are not put together again and again"
            raise Forbidden("query", found="a value that may double and double", expected=expected)


def _before(found: Sequence[Token], position: int) -> Iterator[Token]:
    """The expression that ends here, backwards."""
    depth = 0
    for token in reversed(found[:position]):
        if depth == 0 and (token.word or token.text) in _BEFORE_EXPRESSIONS:
            return
        depth += (token.text in _CLOSING.values()) - (token.text in _CLOSING)
        if depth < 0:
            return
        yield token


def _check_range(
    found: Sequence[Token], position: int, parameters: Mapping[str, object] | None
) -> None:
    end = _end(found, position)
    if text_at(found, position - 2).upper() == "UNWIND" and text_at(found, end + 1).upper() == "AS":
        return
    inside = found[position + 1 : end]
    for index, token in enumerate(inside):
        before = text_at(inside, index - 1)
        if token.kind == "number":
            fits = token.text.isdigit() and int(token.text) <= MAX_RANGE
        elif before == "$":
            value = 0 if parameters is None else parameters.get(token.text)
            fits = isinstance(value, int) and abs(value) <= MAX_RANGE
        else:
            fits = token.text in {"+", "-", ",", "$", "(", ")", "."} or _is_size(inside, index)
        if not fits:
            raise Forbidden(
                "query",
                found=f"range() with {token.text}",
                expected=f"numbers up to {MAX_RANGE}, parameters, size() or length(), "
                "or UNWIND range() AS",
            )


def _check_search(
    found: Sequence[Token], position: int, parameters: Mapping[str, object] | None
) -> None:
    """The text of a full-text search: (name, text) with a text that is known, short and plain."""
    text, follows = _known_text(found, position + 3, parameters)
    if text_at(found, position + 2) != "," or follows not in {")", ","} or text is None:
        expected = "an index and a text, as texts or parameters"
        raise Forbidden("query", found="a search by an expression", expected=expected)
    if len(text) > MAX_SEARCH_CHARS or re.search(r"[~/]|\(.*\(", text):
        expected = f"{MAX_SEARCH_CHARS} characters at most, none of ~ and /, no nested brackets"
        raise Forbidden("query", found="a search that may take long", expected=expected)


def _known_text(
    found: Sequence[Token], position: int, parameters: Mapping[str, object] | None
) -> tuple[str | None, str]:
    """The text that stands here, written out or as a parameter, and what follows it.

    A parameter whose value is not known yet counts as an empty text.
    """
    if text_at(found, position) == "$":
        value = "" if parameters is None else parameters.get(text_at(found, position + 1))
        return (value if isinstance(value, str) else None), text_at(found, position + 2)
    if position < len(found) and found[position].kind == "string":
        return found[position].text[1:-1].replace("\\\\", "\\"), text_at(found, position + 1)
    return None, ""


def _is_size(inside: Sequence[Token], index: int) -> bool:
    """A function that measures what is there, or the plain name that it measures."""
    if inside[index].word in {"SIZE", "LENGTH"}:
        return True
    measured = text_at(inside, index - 2).upper() in {"SIZE", "LENGTH"}
    dotted = text_at(inside, index - 1) == "."
    return inside[index].kind in {"word", "quoted"} and (measured or dotted)


def _end(found: Sequence[Token], position: int) -> int:
    depth = 0
    for index in range(position, len(found)):
        depth += (found[index].text == "(") - (found[index].text == ")")
        if depth == 0:
            return index
    return len(found)


def _check_pattern(
    found: Sequence[Token], position: int, parameters: Mapping[str, object] | None
) -> None:
    pattern, follows = _known_text(found, position, parameters)
    if pattern is None or follows in {"+", "||", "[", "."}:
        expected = "the pattern as a text or a parameter"
        raise Forbidden("query", found="=~ with an expression", expected=expected)
    if (
        len(pattern) > MAX_PATTERN_CHARS
        or _REPEATED_GROUP.search(pattern)
        or re.search(r"\\[1-9k]", pattern)
        or len(_SPANS.findall(pattern)) > 2
        or len(_CHOICES.findall(pattern)) > MAX_CHOICES
    ):
        raise Forbidden(
            "query",
            found="a pattern that may take for ever",
            expected="at most two of *, + and {m,n}, none behind a group, "
            f"{MAX_CHOICES} of ? and |, no back references",
        )
