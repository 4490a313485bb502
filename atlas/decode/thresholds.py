"""Which values of a map, or of a list of region statistics, count as active."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from atlas.errors import InvalidInput

Sign = Literal["positive", "negative", "both"]
Kind = Literal["value", "top", "fdr", "none"]

SIGNS: tuple[Sign, ...] = ("positive", "negative", "both")

DEFAULT_THRESHOLD = 3.1
"""Used when none is given: z = 3.1 is p < .001, one-sided; it suits maps of z or t values."""

_EXPECTED = {"value": "0 or more", "top": "per cent, over 0 to 100", "fdr": "q, over 0 to below 1"}
_HINT = {"value": "choose the negative side with sign, not with the threshold"}


@dataclass(frozen=True, slots=True)
class Threshold:
    """A rule for what is active.

    ``value``: what exceeds ``value``. ``top``: the strongest ``value`` per cent. ``fdr``: what
    survives a false discovery rate of ``value`` if the values are z (Benjamini and Hochberg
    1995). ``none``: everything, each region by its mean. ``stated`` is False where nobody chose.

    >>> Threshold("top", 5.0).limit(np.arange(1, 101.0), "positive")
    (96.0, 'the top 5 % of 100 values: value >= 96')
    """

    kind: Kind = "value"
    value: float = DEFAULT_THRESHOLD
    stated: bool = True

    def __post_init__(self) -> None:
        if self.kind == "none":
            return
        value = self.value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InvalidInput(self.field, found=repr(value), expected="a number")
        legal = {"value": value >= 0, "top": 0 < value <= 100, "fdr": 0 < value < 1}[self.kind]
        if not (np.isfinite(value) and legal):
            hint = _HINT.get(self.kind, "")
            raise InvalidInput(
                self.field, found=f"{value:g}", expected=_EXPECTED[self.kind], hint=hint
            )

    @property
    def field(self) -> str:
        """How a message names the option that was given."""
        return "threshold" if self.kind == "value" else self.kind

    @classmethod
    def of(cls, rule: Threshold | float | None) -> Threshold:
        """A number is a value; None the default."""
        if isinstance(rule, Threshold):
            return rule
        return cls(stated=False) if rule is None else cls("value", rule)

    @classmethod
    def from_options(
        cls,
        threshold: float | None = None,
        top: float | None = None,
        fdr: float | None = None,
        unthresholded: bool = False,
    ) -> Threshold:
        """The rule that the options of the same names ask for; none of them: the default.

        Raises:
            InvalidInput: more than one, or one out of range.
        """
        given: dict[Kind, float | None] = {"value": threshold, "top": top, "fdr": fdr}
        rules = [cls(kind, value) for kind, value in given.items() if value is not None]
        if unthresholded:
            rules.append(cls("none"))
        if len(rules) > 1:
            names = {"none": "unthresholded"}
            raise InvalidInput(
                "threshold",
                found=" and ".join(names.get(rule.kind, rule.field) for rule in rules),
                expected="one of threshold, top, fdr and unthresholded",
            )
        return rules[0] if rules else cls(stated=False)

    def limit(self, values: NDArray[Any], sign: Sign) -> tuple[float, str]:
        """The value from which on a chosen side is active, and a sentence that says so.

        Args:
            values: any shape, original signs; only finite non-zero ones are looked at, because
                zeros mark what lies outside the brain or under a former threshold.
            sign: the side that counts; ``both`` makes the FDR's p values two-sided.

        Returns:
            A limit that active values reach or exceed (infinite where nothing can be active), on
            the scale of :func:`side`; and the note.
        """
        shown = {"positive": "value", "negative": "-value", "both": "|value|"}[sign]
        if self.kind == "none":
            return -np.inf, "unthresholded"
        if self.kind == "value":
            note = f"{shown} > {self.value:g}" + ("" if self.stated else " (the default)")
            return float(np.nextafter(self.value, np.inf)), note
        known = values[np.isfinite(values) & (values != 0)].astype(np.float64)
        up = np.sort(side(known, sign))[::-1]
        if self.kind == "top":
            rank = _top_rank(up, self.value)
            said = f"the top {self.value:g} % of {len(up):,} values"
        else:
            rank = _fdr_rank(up, self.value, two_sided=sign == "both")
            sides = "two" if sign == "both" else "one"
            said = f"FDR q < {self.value:g} over {len(up):,} z values, {sides}-sided"
        if rank == 0:
            return np.inf, f"{said}: nothing passes"
        return float(up[rank - 1]), f"{said}: {shown} >= {up[rank - 1]:.4g}"


def reaches(up: NDArray[Any], limit: float) -> NDArray[np.bool_]:
    """Which values (chosen side up) are active under a limit of :meth:`Threshold.limit`.

    >>> reaches(np.array([0.0, 3.1, np.nan], np.float32), 3.1).tolist()
    [False, False, False]
    """
    if limit == -np.inf:
        return np.asarray(np.isfinite(up) & (up != 0))
    if up.dtype == np.float32:  # compared as they are: a float64 copy of a map is slow
        near = np.float32(limit)
        exact = near if float(near) >= limit else np.nextafter(near, np.float32(np.inf))
        return np.asarray(up >= exact)
    return np.asarray(up >= np.float64(limit))


def side(values: NDArray[Any], sign: Sign) -> NDArray[Any]:
    """The values with the chosen side up."""
    if sign == "positive":
        return values
    if values.dtype.kind != "f":
        values = values.astype(np.float64)  # the lowest integer has no negative
    return -values if sign == "negative" else np.abs(values)


def require_sign(sign: str) -> None:
    """Refuse what is no sign."""
    if sign not in SIGNS:
        raise InvalidInput("sign", found=repr(sign), expected="positive, negative or both")


def _top_rank(up: NDArray[np.float64], per_cent: float) -> int:
    """How many of the sorted values lead, never any of the other side."""
    return min(round(len(up) * per_cent / 100), int(np.count_nonzero(up > 0)))


def _fdr_rank(up: NDArray[np.float64], q: float, *, two_sided: bool) -> int:
    """How many of the sorted z values the procedure of Benjamini and Hochberg (1995) keeps."""
    from scipy.stats import norm

    p = norm.sf(up) * (2 if two_sided else 1)
    passing = np.flatnonzero(p <= q * np.arange(1, len(p) + 1) / len(p))
    return int(passing[-1]) + 1 if len(passing) else 0
