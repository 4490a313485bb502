"""Texts in tables that a spreadsheet may open."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def harmless(text: str) -> str:
    """Begin what a spreadsheet would take for a formula with an apostrophe (OWASP's advice).

    >>> harmless("=1+1"), harmless("left motion")
    ("'=1+1", 'left motion')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text
