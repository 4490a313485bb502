"""Is each region one thing of a sensible size?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.spatial import KDTree

from atlas.checks.facts import Facts, title
from atlas.checks.report import Finding, found
from atlas.islands import Island, islands_of

MIN_VOXELS = 10
"""A region of fewer voxels has no mean worth the name."""

FWHM_MM = 8.0
"""Usual smoothing of activation maps. A part of a region is far from the rest beyond it, and large
enough to move an answer when it fills one resolution element, FWHM cubed."""

FAR_SHARE = 0.1
"""Share of the region's voxels below which a far part is a crumb of projecting or resampling."""


def check_shape(facts: Facts, min_voxels: int = MIN_VOXELS) -> Iterator[Finding]:
    """Islands, size and centroid of voxels; overlap of spheres."""
    if facts.candidate.volume is None:
        yield from _spheres(facts)
        return
    yield from _islands(facts)
    counts = facts.candidate.volume.counts
    small = [f"{facts.called(label)} ({n})" for label, n in counts.items() if n < min_voxels]
    hint = f"fewer than {min_voxels} voxels: its mean is noise, and resampling may lose it"
    yield from found("warning", "SMALL_REGIONS", small, hint)
    bent = [facts.called(label) for label, centre in facts.voxels.items() if not centre.inside]
    hint = "curved regions: their coordinate is the medoid, a voxel of their own"
    yield from found("note", "CENTROID_OUTSIDE", bent, hint)


def _islands(facts: Facts) -> Iterator[Finding]:
    volume = facts.candidate.volume
    parts = {} if volume is None else islands_of(volume)
    # Where left and right are one region, its two halves are no mistake.
    far = {
        label: islands
        for label, islands in parts.items()
        if facts.hemisphere(label) in ("left", "right") and any(map(_is_far, islands))
    }
    cases = [f"{facts.called(label)}: {_worst(islands)}" for label, islands in far.items()]
    hint = (
        f"parts of {FAR_SHARE:.0%} of a region and {FWHM_MM**3:g} mm3 or more lie over "
        f"{FWHM_MM:g} mm from the rest: does one id stand for two regions?"
    )
    yield from found("warning", "FAR_ISLANDS", cases, hint)
    cases = [
        f"{facts.called(label)}: {len(islands) + 1} parts"
        for label, islands in parts.items()
        if label not in far
    ]
    hint = "usual for parcels projected from a surface and for both sides in one region"
    yield from found("note", "ISLANDS", cases, hint)


def _is_far(island: Island) -> bool:
    return island.gap_mm > FWHM_MM and island.share >= FAR_SHARE and island.volume_mm3 >= FWHM_MM**3


def _worst(islands: list[Island]) -> str:
    worst = max(filter(_is_far, islands), key=lambda island: island.share)
    return f"{worst.share:.0%} of it {worst.gap_mm:.0f} mm away"


def _spheres(facts: Facts) -> Iterator[Finding]:
    placed = [(row, centre) for row, centre in facts.centres if row.radius_mm]
    bad = [title(row) for row in facts.rows if not _is_radius(row.radius_mm)]
    yield from found("error", "RADIUS_MISSING", bad, "give a `radius` above 0 mm")
    if len(placed) < 2:
        return
    radii = np.array([row.radius_mm for row, _ in placed], dtype=np.float64)
    centres = np.array([centre for _, centre in placed], dtype=np.float64)
    pairs = KDTree(centres).query_pairs(2 * float(radii.max()), output_type="ndarray")
    gaps = np.linalg.norm(centres[pairs[:, 0]] - centres[pairs[:, 1]], axis=1)
    a, b = radii[pairs].min(axis=1), radii[pairs].max(axis=1)
    names = [f"{title(placed[i][0])} / {title(placed[j][0])}" for i, j in pairs]
    swallowed = gaps + a <= b + 1e-9
    hint = "one sphere holds the other: is it the same region twice, or a radius in another unit?"
    inner = [name for name, is_in in zip(names, swallowed, strict=True) if is_in]
    yield from found("warning", "SPHERES_NESTED", inner, hint)
    touching = (gaps < a + b - 1e-9) & ~swallowed
    hint = "a point in several belongs to the nearest centre"
    yield from found(
        "note",
        "SPHERES_OVERLAP",
        [name for name, is_in in zip(names, touching, strict=True) if is_in],
        hint,
    )


def _is_radius(radius_mm: float | None) -> bool:
    return radius_mm is not None and np.isfinite(radius_mm) and radius_mm > 0
