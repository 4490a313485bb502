"""How long to wait before the next attempt."""

from __future__ import annotations

import random

LONGEST_S = 300.0
"""No pause is longer."""


def pause_s(attempt: int, base_s: float) -> float:
    """Seconds to wait after attempt number ``attempt`` (from 1) has failed.

    Doubles with every attempt, up to :data:`LONGEST_S`; half of it is drawn by chance, so that
    jobs which failed together do not come back together ("equal jitter", M. Brooker, Exponential
    backoff and jitter, AWS Architecture Blog, 2015).

    >>> all(4.0 <= pause_s(3, 2.0) <= 8.0 for _ in range(100))
    True
    >>> pause_s(1000, 2.0) <= LONGEST_S
    True
    """
    longest = min(LONGEST_S, base_s * 2.0 ** min(attempt - 1, 30))
    return random.uniform(longest / 2, longest)
