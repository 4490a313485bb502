"""NeuroQuery's studies: peaks cleaned and brought to MNI, and which functions they are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, load_npz

from atlas.coordinates import in_head
from atlas.errors import InvalidInput
from atlas.geometry import parcellation
from atlas.model import Atlas
from atlas.spaces import MNI, TALAIRACH, transform

_PREFIX = "data-neuroquery_version-1_"
COORDINATES = f"{_PREFIX}coordinates.tsv.gz"
METADATA = f"{_PREFIX}metadata.tsv.gz"
VOCABULARY = f"{_PREFIX}vocab-neuroquery7547_vocabulary.txt"
COUNTS = tuple(
    f"{_PREFIX}vocab-neuroquery7547_source-{part}_type-count_features.npz"
    for part in ("abstract", "title", "keywords")
)
SPACES = "data-neurosynth_version-7_metadata.tsv.gz"


@dataclass(frozen=True, slots=True)
class Studies:
    """Studies with at least one usable peak.

    ``xyz`` (n_peaks, 3) is in mm of MNI152 and ``study`` (n_peaks,) the row of each peak in
    ``ids`` and in ``functions`` (n_studies, n_functions; binary, columns as in ``terms``).
    ``cleaning`` says how many peaks each step took.
    """

    ids: NDArray[np.int64]
    xyz: NDArray[np.float64]
    study: NDArray[np.intp]
    functions: csr_array
    names: tuple[str, ...]
    cleaning: Mapping[str, int]

    @property
    def peaks_per_study(self) -> NDArray[np.intp]:
        """(n_studies,) number of usable peaks."""
        return np.bincount(self.study, minlength=len(self.ids))


def load_studies(
    folder: Path, terms: Mapping[str, Sequence[str]], spaces: Path | None = None
) -> Studies:
    """Read and clean NeuroQuery version 1.

    Rows that repeat a (study, x, y, z) are dropped; peaks of studies that ``spaces`` calls
    Talairach are converted (Lancaster et al. 2007); peaks outside the MNI152 template volume are
    dropped.

    Args:
        folder: where NeuroQuery's files are.
        terms: words that stand for each function; see :func:`binary_functions`.
        spaces: folder of Neurosynth version 7, whose metadata have a column ``space``; without
            it no peak is converted.

    Raises:
        InvalidInput: a file is missing, or a term is not in the vocabulary.
    """
    import pandas as pd

    peaks = pd.read_csv(_file(folder, COORDINATES), sep="\t", usecols=["id", "x", "y", "z"])
    ids = pd.read_csv(_file(folder, METADATA), sep="\t", usecols=["id"])["id"].to_numpy(np.int64)
    cleaning = {"peaks": len(peaks)}
    peaks = peaks.drop_duplicates(["id", "x", "y", "z"])
    cleaning["duplicates dropped"] = cleaning["peaks"] - len(peaks)
    xyz = peaks[["x", "y", "z"]].to_numpy(np.float64)
    row = _rows(ids, peaks["id"].to_numpy(np.int64))
    if spaces is not None:
        talairach = np.isin(peaks["id"], _talairach_ids(spaces))
        xyz[talairach] = transform(xyz[talairach], TALAIRACH, MNI)
        cleaning["converted from Talairach"] = int(talairach.sum())
        cleaning["studies converted"] = len(np.unique(row[talairach]))
    usable = in_head(xyz)
    cleaning["outside the head dropped"] = int((~usable).sum())
    xyz, row = xyz[usable], row[usable]
    kept, study = np.unique(row, return_inverse=True)
    names, functions = binary_functions(_term_counts(folder), _vocabulary(folder), terms)
    return Studies(ids[kept], xyz, study, functions[kept], names, cleaning)


def binary_functions(
    counts: csr_array, vocabulary: Sequence[str], terms: Mapping[str, Sequence[str]]
) -> tuple[tuple[str, ...], csr_array]:
    """Which study is about which function: any word of it, or of a function below it, occurs.

    Args:
        counts: (n_studies, n_words) word counts.
        vocabulary: the words, in the order of the columns.
        terms: words per function id; functions without words are headings and are left out.

    Returns:
        The function ids and the binary (n_studies, n_functions) matrix.

    Raises:
        InvalidInput: a word that is not in the vocabulary, or a vocabulary of another length.
    """
    if counts.shape[1] != len(vocabulary):
        raise InvalidInput(
            "vocabulary", found=f"{len(vocabulary)} words", expected=f"{counts.shape[1]}"
        )
    column = {word: i for i, word in enumerate(vocabulary)}
    names = tuple(function for function in terms if terms[function])
    rows, cols = [], []
    for j, name in enumerate(names):
        words = {
            word
            for function, own in terms.items()
            if f"{function}.".startswith(f"{name}.")
            for word in own
        }
        for word in sorted(words):
            if word not in column:
                raise InvalidInput(
                    f"functions.{name}.terms", found=repr(word), expected="a NeuroQuery word"
                )
            rows.append(column[word])
            cols.append(j)
    select = coo_array(
        (np.ones(len(rows), dtype=np.int64), (rows, cols)), shape=(len(vocabulary), len(names))
    )
    hits = csr_array(counts @ select.tocsr())
    hits.data = np.ones_like(hits.data)
    return names, hits


def binary_regions(studies: Studies, atlas: Atlas, max_mm: float = 4.0) -> csr_array:
    """Which study has a peak in or within ``max_mm`` of which region of an MNI atlas.

    Returns:
        (n_studies, n_regions) binary; a peak counts for the nearest region only.
    """
    region, _ = parcellation(atlas).lookup(transform(studies.xyz, MNI, atlas.space), max_mm)
    near = region >= 0
    matrix = csr_array(
        coo_array(
            (np.ones(int(near.sum()), dtype=np.int64), (studies.study[near], region[near])),
            shape=(len(studies.ids), len(atlas.regions)),
        )
    )
    matrix.sum_duplicates()
    matrix.data = np.ones_like(matrix.data)
    return matrix


def _term_counts(folder: Path) -> csr_array:
    parts = [csr_array(load_npz(_file(folder, name))) for name in COUNTS]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return csr_array(total.astype(np.int64))


def _vocabulary(folder: Path) -> list[str]:
    return _file(folder, VOCABULARY).read_text("utf-8").removesuffix("\n").split("\n")


def _talairach_ids(folder: Path) -> NDArray[np.int64]:
    import pandas as pd

    table = pd.read_csv(_file(folder, SPACES), sep="\t", usecols=["id", "space"])
    return table.loc[table["space"] == "TAL", "id"].to_numpy(np.int64)


def _rows(ids: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.intp]:
    """Row of each wanted study in the matrices."""
    order = np.argsort(ids)
    place = np.searchsorted(ids, wanted, sorter=order)
    rows = order[np.minimum(place, len(ids) - 1)]
    if not np.array_equal(ids[rows], wanted):
        raise InvalidInput(COORDINATES, found="a study without metadata", expected="none")
    return np.asarray(rows, dtype=np.intp)


def _file(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise InvalidInput("data", found=f"no {name} in {folder.name}/", expected="that file")
    return path
