"""Mean of a map in each of 246 regions at 1 mm, against nilearn's NiftiLabelsMasker.

Run ``python -m bench.masker [--json]``. The map lies on the atlas' own grid, where neither side
has to resample (nilearn does so with cubic splines, we linearly) and the means must be the same.
Both sides are warm: the masker is fitted.
"""

from __future__ import annotations

import time

import nibabel
import numpy as np

from atlas.decode.maps import from_map
from atlas.decode.thresholds import Threshold
from atlas.resample import resample
from bench import _volumes
from bench._report import Results, case, main


def run() -> Results:
    """Seconds for the means of all regions; ours finds coverage and peaks besides."""
    from nilearn.maskers import NiftiLabelsMasker

    atlas, labels = _volumes.atlas(), _volumes.labels()
    fine = resample(_volumes.stat_map(), labels.affine, labels.shape)
    image = nibabel.Nifti1Image(np.nan_to_num(fine.data), labels.affine)
    cells = nibabel.Nifti1Image(labels.labels, labels.affine)
    masker = NiftiLabelsMasker(cells, standardize=None).fit()
    rule = Threshold("none")
    from_map(atlas, image, threshold=rule)
    start = time.perf_counter()
    pattern = from_map(atlas, image, threshold=rule)
    fast = time.perf_counter() - start
    start = time.perf_counter()
    means = np.ravel(masker.transform(image))
    slow = time.perf_counter() - start
    ours = {region.region: region.mean for region in pattern.regions}
    theirs = {f"cells:{int(i)}": m for i, m in enumerate(means, start=1)}
    if len(ours) < 200 or any(not np.isclose(m, theirs[r], atol=1e-4) for r, m in ours.items()):
        raise SystemExit("the two sides disagree")
    return {f"means of {len(ours)} regions": case(fast, slow)}


if __name__ == "__main__":
    main(run, __doc__)
