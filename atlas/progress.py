"""How long work says how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Takes what is being done, and the fraction of the whole that is done, from 0 to 1."""


def part(progress: Progress, start: float, end: float) -> Progress:
    """Progress of one part of the road, from ``start`` to ``end`` of the whole.

    >>> part(lambda message, fraction: print(message, fraction), 0.5, 1.0)("half of it", 0.5)
    half of it 0.75
    """
    return lambda message, fraction: progress(message, start + (end - start) * min(fraction, 1.0))


def silent(message: str, fraction: float) -> None:
    """Progress that nobody watches."""
