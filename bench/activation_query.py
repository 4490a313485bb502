"""Map to regions to functions: the decoder against one mask per region and plain loops.

Run ``python -m bench.activation_query [--json]``. Both sides start from a map in memory, must give
the same covered fractions and function scores, and are timed in the same run (best of three for
ours, once for the baseline).
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable

import nibabel
import numpy as np

from atlas.decode.maps import from_map
from atlas.model import Atlas
from atlas.scoring import Link, function_scores
from bench._report import Results, case, main
from ingest import builtin
from ingest.coordinates import dosenbach160, seitzman300

THRESHOLD = 3.1


def statistical_map(step: float) -> nibabel.Nifti1Image:
    """A smooth random map over the box of the MNI152 template, step in mm, x from right to left."""
    from scipy.ndimage import zoom

    coarse = np.random.default_rng(0).normal(0, 2.5, size=(18, 22, 18)).astype(np.float32)
    shape = [int(n / step) for n in (182, 218, 182)]
    data = zoom(coarse, [n / c for n, c in zip(shape, coarse.shape, strict=True)], order=1)
    affine = np.diag([-step, step, step, 1.0])
    affine[:3, 3] = (90, -126, -72)
    return nibabel.Nifti1Image(data, affine)


def ours(
    atlas: Atlas, image: nibabel.Nifti1Image, links: list[Link]
) -> tuple[dict[str, float], dict[str, float]]:
    pattern = from_map(atlas, image, threshold=THRESHOLD)
    counts = Counter(function for _, function, _ in links)
    scores = function_scores(pattern.strengths, links, counts, len(atlas.regions))
    return pattern.strengths, scores


def naive(
    atlas: Atlas, image: nibabel.Nifti1Image, links: list[Link]
) -> tuple[dict[str, float], dict[str, float]]:
    """A whole-volume mask for every region, then nested loops over functions and regions."""
    data = np.asarray(image.dataobj)
    ijk = np.indices(data.shape, dtype=np.float32).reshape(3, -1)
    mm = image.affine[:3, :3].astype(np.float32) @ ijk + image.affine[:3, 3:].astype(np.float32)
    nearest = np.full(data.size, np.inf, dtype=np.float32)
    owner = np.full(data.size, -1)
    for i, r in enumerate(atlas.regions):
        distance = np.sqrt(((mm - np.array([[r.x], [r.y], [r.z]], np.float32)) ** 2).sum(axis=0))
        mine = (distance <= (r.radius_mm or 0)) & (distance < nearest)
        owner[mine], nearest[mine] = i, distance[mine]
    strengths = {}
    for i, r in enumerate(atlas.regions):
        values = data.ravel()[owner == i]
        covered = float((values > THRESHOLD).mean()) if len(values) else 0.0
        if covered:
            strengths[r.id] = covered
    scores = {}
    for function in {f for _, f, _ in links}:
        having = {region for region, f, _ in links if f == function}
        rarity = math.log(len(atlas.regions) / len(having)) / math.log(len(atlas.regions))
        total = sum(
            strengths[region] * weight
            for region, f, weight in links
            if f == function and region in strengths
        )
        if having & set(strengths):
            scores[function] = total * rarity / sum(strengths.values())
    return strengths, scores


def best(call: Callable[[], object], repeat: int) -> float:
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def run(step: float = 2.0) -> Results:
    """One case per built-in atlas; seconds and their ratio."""
    image = statistical_map(step)
    _, claims = builtin.evidence()
    results: Results = {}
    for atlas in (dosenbach160(), seitzman300()):
        links = [(c.region, c.function, c.weight) for c in claims if c.region.startswith(atlas.id)]
        strengths, scores = ours(atlas, image, links)
        start = time.perf_counter()
        slow_strengths, slow_scores = naive(atlas, image, links)
        baseline = time.perf_counter() - start
        if strengths.keys() != slow_strengths.keys() or not all(
            math.isclose(scores[f], slow_scores[f], rel_tol=1e-6) for f in scores | slow_scores
        ):
            raise SystemExit(f"{atlas.id}: the two sides disagree")
        fast = best(lambda a=atlas, n=links: ours(a, image, n), 3)  # type: ignore[misc]
        results[f"map to functions, {atlas.id}, {step:g} mm"] = case(fast, baseline)
    return results


if __name__ == "__main__":
    main(run, __doc__)
