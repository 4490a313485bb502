"""Neurosynth version 7: its peaks, the space of its studies, and 50 topics of their abstracts.

The matrix of the web site's terms is not part of that release's files; NeuroQuery has words.
Sources: Yarkoni et al. 2011, Nat Methods 8:665; topics: Poldrack et al. 2012, PLoS Comput Biol
8:e1002707.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, load_npz

from ingest.studies import Studies, Talairach, binary, clean, file

_PREFIX = "data-neurosynth_version-7_"
COORDINATES = f"{_PREFIX}coordinates.tsv.gz"
METADATA = f"{_PREFIX}metadata.tsv.gz"
TOPICS = f"{_PREFIX}vocab-LDA50_vocabulary.txt"
WEIGHTS = f"{_PREFIX}vocab-LDA50_source-abstract_type-weight_features.npz"

MIN_WEIGHT = 0.05
"""A study is about a topic from this share of its abstract on."""


def load_studies(
    folder: Path, min_weight: float = MIN_WEIGHT, talairach: Talairach = "convert"
) -> Studies:
    """Read and clean the studies (see :func:`ingest.studies.clean`); functions are the topics.

    Raises:
        InvalidInput: a file is missing or does not fit.
    """
    import pandas as pd

    peaks = pd.read_csv(file(folder, COORDINATES), sep="\t", usecols=["id", "x", "y", "z"])
    ids = pd.read_csv(file(folder, METADATA), sep="\t", usecols=["id"])["id"].to_numpy(np.int64)
    cleaned = clean(
        ids,
        peaks["id"].to_numpy(np.int64),
        peaks[["x", "y", "z"]].to_numpy(np.float64),
        talairach_ids(folder),
        talairach,
    )
    names = tuple(file(folder, TOPICS).read_text("utf-8").split())
    weights = load_npz(file(folder, WEIGHTS)).toarray()
    return cleaned.about(names, binary(csr_array((weights >= min_weight).astype(np.int64))))


def talairach_ids(folder: Path) -> NDArray[np.int64]:
    """Studies whose coordinates Neurosynth found to be in Talairach space.

    Raises:
        InvalidInput: the metadata are missing.
    """
    import pandas as pd

    table = pd.read_csv(file(folder, METADATA), sep="\t", usecols=["id", "space"])
    return table.loc[table["space"] == "TAL", "id"].to_numpy(np.int64)
