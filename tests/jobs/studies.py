"""A small database of studies, in the files that NeuroQuery has."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix, save_npz

from ingest import builtin
from ingest import neuroquery as nq

STUDIES = 120


def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Studies of taste hit the first region, all others hit both now and then."""
    home = tmp_path_factory.mktemp("neuroquery")
    random = np.random.default_rng(0)
    words = sorted({word for own in builtin.terms().values() for word in own})
    counts = np.zeros((STUDIES, len(words)), dtype=np.int64)
    counts[:50, words.index("taste")] = 2
    counts[30:90, words.index("odor")] = 1
    lines = ["id\ttable_id\ttable_name\tx\ty\tz"]
    for study in range(STUDIES):
        for x, near in ((0, study < 40), (40, random.random() < 0.3), (-40, True)):
            if near:
                lines.append(f"{study}\t1\tt\t{x}\t{random.integers(-3, 4)}\t0")
    for name, rows in ((nq.COORDINATES, lines), (nq.METADATA, ["id\ttitle"])):
        with gzip.open(home / name, "wt") as file:
            extra = [f"{i}\ta" for i in range(STUDIES)] if name == nq.METADATA else []
            file.write("\n".join([*rows, *extra]) + "\n")
    (home / nq.VOCABULARY).write_text("\n".join(words) + "\n")
    for name in nq.COUNTS:
        save_npz(home / name, csr_matrix(counts))
    return home
