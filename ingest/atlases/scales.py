"""What the numbers of a 4-D atlas are: probabilities, percents, or loadings of components."""

from __future__ import annotations

from collections.abc import Sequence

from atlas.errors import InvalidInput

LARGEST_LOADING = 10.0
"""Maps whose largest value is above 1 and at most this are no percents: no region of an atlas is
certain to less than a tenth everywhere."""

LEAST_CERTAIN = 0.1
"""Maps that nowhere reach this are no probabilities either: dictionary maps such as DiFuMo."""

SLIP = 1e-3
"""How far values may lie outside their range, relative to it, by rounding or interpolation."""

AS_THEY_ARE, PERCENT = "probabilities from 0 to 1", "percents, divided by 100"
LOADINGS = "no probabilities: each map divided by its own maximum"


def scale_of(
    lows: Sequence[float], highs: Sequence[float], field: str = "volume"
) -> tuple[str, tuple[float, ...]]:
    """How maps are read as probabilities: in words, and what each map is divided by.

    From 0.1 up to 1 the values stand; with a largest value above 10 and up to 100 they are
    percents; all else (components such as MSDL or DiFuMo) is relative to the maximum of each map.

    Args:
        lows: least value of each map.
        highs: largest value of each map.
        field: how a message names the file.

    Raises:
        InvalidInput: negative values, which no rule makes probable; maps without any value.

    >>> scale_of([0, 0], [87, 3])
    ('percents, divided by 100', (100.0, 100.0))
    >>> scale_of([0, 0], [4.0, 0.5])[1]
    (4.0, 0.5)
    """
    top, low = max(highs), min(lows)
    if low < -SLIP * max(top, 0.0):
        raise InvalidInput(
            field,
            found=f"values from {low:g} to {top:g} in {len(highs)} maps",
            expected="probabilities: 0 to 1, or 0 to 100 per cent",
            hint="signed components are no atlas of regions: threshold them, keep one side",
        )
    if top <= 0:
        expected = "values above 0 in some map"
        raise InvalidInput(field, found=f"{len(highs)} empty maps", expected=expected)
    if LEAST_CERTAIN <= top <= 1 + SLIP:
        return AS_THEY_ARE, (1.0,) * len(highs)
    if LARGEST_LOADING < top <= 100 * (1 + SLIP):
        return PERCENT, (100.0,) * len(highs)
    return LOADINGS, tuple(high if high > 0 else 1.0 for high in highs)
