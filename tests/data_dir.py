"""Where the real data for tests lie, beside the clone; tests that need them say so when absent."""

from __future__ import annotations

from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
BRAIN = DATA / "brain"
NASBENCH = DATA / "nasbench"
AV = DATA / "av"

needs_brain = pytest.mark.skipif(
    not BRAIN.is_dir(), reason="NOT CHECKED: the brain data are not beside this clone"
)
needs_nasbench = pytest.mark.skipif(
    not NASBENCH.is_dir(), reason="NOT CHECKED: the NAS benchmarks are not beside this clone"
)
needs_av = pytest.mark.skipif(
    not AV.is_dir(), reason="NOT CHECKED: the sources of AV-MNIST are not beside this clone"
)
