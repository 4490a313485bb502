"""From a region × time table to an activation pattern: which regions follow a condition?

Every region's course is fitted by :func:`atlas.decode.glm.fit`; the statistic is t of the regressor
of interest. It orders regions; its threshold is no corrected p value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atlas.activation import ActivationPattern, Outside, RegionActivation, strongest_first
from atlas.decode.glm import Noise, fit, require_noise
from atlas.decode.maps import relative, require_side
from atlas.decode.regions import known_names
from atlas.decode.thresholds import Sign, Threshold, reaches, require_sign, side
from atlas.errors import InvalidInput
from atlas.model import Atlas

MIN_VOLUMES = 8
_STEP_S = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Courses of regions: ``values`` is (n_volumes, n_columns), ``tr`` seconds between rows."""

    names: tuple[str, ...]
    values: NDArray[np.float64]
    tr: float


@dataclass(frozen=True, slots=True)
class Event:
    """Something that lasted ``duration`` seconds from ``onset`` after the first volume."""

    onset: float
    duration: float
    condition: str


@dataclass(frozen=True, slots=True)
class Window:
    """Seconds from ``start`` up to ``stop`` after the first volume."""

    start: float
    stop: float


def from_series(
    atlas: Atlas,
    series: Series,
    *,
    window: Window | None = None,
    events: Sequence[Event] = (),
    condition: str = "",
    threshold: Threshold | float | None = None,
    sign: Sign = "positive",
    noise: Noise = "ar1",
) -> ActivationPattern:
    """Decode the courses of regions, as when a task is watched.

    Args:
        atlas: the atlas to decode into.
        series: courses whose columns carry ids, names or labels of its regions.
        window: the time of interest, compared with the rest as it is (no haemodynamic delay).
        events: or: what happened when; convolved with :func:`hrf`, one regressor a condition.
        condition: which of them is of interest.
        threshold: of t; FDR takes t as z. See :class:`Threshold`.
        sign: which side of t counts.
        noise: how the noise is modelled, see :func:`atlas.decode.glm.fit`.

    Returns:
        ``mean`` is the regressor's beta in the units of the table, ``statistic`` its t,
        ``weight`` t relative to the strongest region's. ``outside`` counts the columns that are
        no region of the atlas; the note names the first of them.

    Raises:
        InvalidInput: neither or both of window and events, a window or condition that is not in
            the series, fewer than :data:`MIN_VOLUMES` volumes, no column that is a region, two
            columns of one region, regressors that cannot be told apart.
    """
    require_sign(sign)
    rule = Threshold.of(threshold)
    require_side(rule, sign)
    columns, unknown = _matched(atlas, series.names)
    regressors = _regressors(series, window, events, condition)
    betas, t = fit(series.values[:, list(columns)], regressors, series.tr, require_noise(noise))
    constant = [series.names[c] for c, value in zip(columns, t, strict=True) if np.isnan(value)]
    limit, said = rule.limit(t, sign)
    active = reaches(side(t, sign), limit)
    weights = relative(np.where(active, t, np.nan), sign)
    regions = [
        RegionActivation(
            region, weight=float(weights[i]), mean=float(betas[i]), statistic=float(t[i])
        )
        for i, region in enumerate(columns.values())
        if active[i]
    ]
    note = _note(f"t ({noise}) of {_shown(window, condition)}: {said}", unknown, constant)
    outside = Outside(len(unknown), len(unknown) / len(series.names))
    ordered = strongest_first(regions)
    return ActivationPattern(atlas.id, atlas.space, "series", ordered, outside, note)


def hrf(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The canonical haemodynamic response, largest value 1.

    Difference of two gamma densities that peak about 5 and 15 s after the stimulus, the second
    a sixth of the first (Glover 1999, NeuroImage 9:416; parameters as in SPM).

    >>> times = np.arange(0, 32, 0.1)
    >>> float(times[hrf(times).argmax()]), bool(hrf(times).min() < 0)
    (5.0, True)
    """
    from scipy.stats import gamma

    shape = gamma.pdf(seconds, 6) - gamma.pdf(seconds, 16) / 6
    return np.asarray(shape / shape.max())


def _regressors(
    series: Series, window: Window | None, events: Sequence[Event], condition: str
) -> NDArray[np.float64]:
    n = len(series.values)
    if n < MIN_VOLUMES:
        raise InvalidInput("series", found=f"{n} volumes", expected=f"at least {MIN_VOLUMES}")
    if (window is None) == (not events):
        found = "neither" if window is None else "both"
        raise InvalidInput("series", found=found, expected="a window, or events and a condition")
    times = np.arange(n, dtype=np.float64) * series.tr
    if window is not None:
        inside = (times >= window.start) & (times < window.stop)
        if not inside.any() or inside.all():
            raise InvalidInput(
                "window",
                found=f"{window.start:g} to {window.stop:g} s, {inside.sum()} of {n} volumes",
                expected=f"some, not all, of 0 to {n * series.tr:g} s",
            )
        return inside.astype(np.float64)[:, None]
    known = sorted({event.condition for event in events})
    if condition not in known:
        raise InvalidInput(
            "condition", found=repr(condition), expected="one of " + ", ".join(known)
        )
    order = [condition, *(name for name in known if name != condition)]
    return np.column_stack(
        [_response([e for e in events if e.condition == name], times) for name in order]
    )


def _response(events: Sequence[Event], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Boxcars convolved with the haemodynamic response, sampled at the volumes."""
    kernel = hrf(np.arange(0, 32, _STEP_S))
    fine = np.arange(0, times[-1] + _STEP_S, _STEP_S)
    boxcar = np.zeros(len(fine))
    for event in events:
        stop = event.onset + max(event.duration, _STEP_S)
        boxcar[(fine >= event.onset - 1e-9) & (fine < stop - 1e-9)] += 1
    course = np.convolve(boxcar, kernel)[: len(fine)] / kernel.sum()
    return np.asarray(np.interp(times, fine, course))


def _matched(atlas: Atlas, names: Sequence[str]) -> tuple[dict[int, str], list[str]]:
    """Region of each column that has one, and the columns that have none."""
    known: Mapping[str, str] = known_names(atlas)
    columns: dict[int, str] = {}
    for i, name in enumerate(names):
        region = known.get(name.strip().casefold())
        if region is None:
            continue
        if region in columns.values():
            raise InvalidInput("series", found=f"two columns of {region}", expected="one each")
        columns[i] = region
    if not columns:
        raise InvalidInput(
            "series",
            found=f"columns {', '.join(names[:5])} …, none of them a region of {atlas.id}",
            expected="ids, names or labels of regions as column names",
        )
    return columns, [name for i, name in enumerate(names) if i not in columns]


def _shown(window: Window | None, condition: str) -> str:
    return condition if window is None else f"{window.start:g} to {window.stop:g} s"


def _note(said: str, unknown: Sequence[str], constant: Sequence[str]) -> str:
    parts = [said]
    for names, what in ((unknown, "are no region of the atlas"), (constant, "do not vary")):
        if names:
            more = " …" if len(names) > 5 else ""
            parts.append(f"{len(names)} columns {what}: {', '.join(names[:5])}{more}")
    return "; ".join(parts)
