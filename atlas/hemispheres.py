"""Which side of the brain a region's name, or a table's column, speaks of."""

from __future__ import annotations

import re

from atlas.model import Hemisphere

_WORDS: dict[str, Hemisphere] = {
    "left": "left",
    "lh": "left",
    "right": "right",
    "rh": "right",
    "bilateral": "bilateral",
    "both": "bilateral",
    "midline": "midline",
}
_COLUMN: dict[str, Hemisphere] = {
    **_WORDS,
    "l": "left",
    "r": "right",
    "b": "bilateral",
    "lr": "bilateral",
    "m": "midline",
    "mid": "midline",
}
_BREAK = re.compile(r"[^A-Za-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def hemisphere_of_name(name: str) -> Hemisphere:
    """The hemisphere a region's name states.

    Words (``left``, ``RH``, also ``LeftAmygdala``) count before single letters; a letter counts
    as a token of its own, capital anywhere, small only as the first or the last. A name that
    states both is ``bilateral``, one that states none ``unknown``; ``lateral`` states none.

    >>> [hemisphere_of_name(n) for n in ("PoG_L_4_4", "lAMY-rh", "ctx-lh-cuneus", "Amygdala.R")]
    ['left', 'right', 'left', 'right']
    >>> hemisphere_of_name("lateral occipital cortex"), hemisphere_of_name("left/right SMA")
    ('unknown', 'bilateral')
    """
    tokens = [token for token in _BREAK.split(name) if token]
    words = {part.lower() for token in tokens for part in _CAMEL.split(token)}
    stated = {_WORDS[word] for word in words if word in _WORDS}
    if not stated:
        ends = [token.upper() for token in (tokens[:1] + tokens[-1:])] if len(tokens) > 1 else []
        letters = {token for token in (*tokens, *ends) if token in ("L", "R")}
        stated = {_COLUMN[letter.lower()] for letter in letters}
    if {"left", "right"} <= stated:
        return "bilateral"
    return stated.pop() if len(stated) == 1 else "unknown"


def hemisphere_of_column(text: str) -> Hemisphere:
    """The hemisphere a cell of a hemisphere column states (``L``, ``lh``, ``Left hemisphere``).

    >>> hemisphere_of_column("R"), hemisphere_of_column("M"), hemisphere_of_column("")
    ('right', 'midline', 'unknown')
    """
    first = _BREAK.split(text.strip().lower())[0]
    return _COLUMN.get(first, "unknown")


def hemisphere_of(name: str, column: str = "") -> Hemisphere:
    """The hemisphere of a region: its column where that says one, else its name.

    This is what fills :attr:`atlas.model.Region.hemisphere` at import; where column and name
    contradict each other ``atlas check`` says so.

    >>> hemisphere_of("V1", "L"), hemisphere_of("Left_V1"), hemisphere_of("V1")
    ('left', 'left', 'unknown')
    """
    stated = hemisphere_of_column(column)
    return stated if stated != "unknown" else hemisphere_of_name(name)
