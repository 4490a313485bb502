"""Studies of a peak table: cleaned, in MNI space, and laid over an atlas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from atlas.coordinates import in_head
from atlas.errors import InvalidInput
from atlas.geometry import parcellation
from atlas.model import Atlas
from atlas.spaces import MNI, TALAIRACH, transform

Talairach = Literal["convert", "exclude", "as-is"]
"""What happens to studies in Talairach space: brought to MNI152 (Lancaster et al. 2007, Hum Brain
Mapp 28:1194), left out, or taken as if they were in MNI152."""


@dataclass(frozen=True, slots=True)
class Studies:
    """Studies with at least one usable peak.

    ``xyz`` (n_peaks, 3) is in mm of MNI152 and ``study`` (n_peaks,) the row of each peak in
    ``ids`` and in ``functions`` (n_studies, n_functions; binary, columns as in ``names``).
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


@dataclass(frozen=True, slots=True)
class CleanPeaks:
    """Peaks after cleaning; ``kept`` are the rows of the studies that have one left."""

    ids: NDArray[np.int64]
    kept: NDArray[np.intp]
    xyz: NDArray[np.float64]
    study: NDArray[np.intp]
    cleaning: Mapping[str, int]

    def about(self, names: tuple[str, ...], functions: csr_array) -> Studies:
        """Join with what the studies are about: (n_studies before cleaning, n_functions)."""
        if functions.shape != (len(self.ids), len(names)):
            expected = f"{(len(self.ids), len(names))}"
            raise InvalidInput("functions", found=str(functions.shape), expected=expected)
        chosen = csr_array(functions[self.kept])
        return Studies(self.ids[self.kept], self.xyz, self.study, chosen, names, self.cleaning)


def clean(
    ids: NDArray[np.int64],
    study: NDArray[np.int64],
    xyz: NDArray[np.float64],
    talairach_ids: NDArray[np.int64] | None = None,
    talairach: Talairach = "convert",
) -> CleanPeaks:
    """Clean a table of peaks.

    Rows that repeat a (study, x, y, z) are dropped; peaks of Talairach studies are converted or
    left out; peaks outside the MNI152 template volume are dropped.

    Args:
        ids: (n_studies,) all studies, in the order of their rows elsewhere.
        study: (n_peaks,) id of the study of each peak.
        xyz: (n_peaks, 3) mm, as printed.
        talairach_ids: studies known to be in Talairach space; None: nothing is known.
        talairach: what to do with those.

    Raises:
        InvalidInput: a peak of a study that is not among ``ids``, or an unknown choice.
    """
    if talairach not in get_args(Talairach):
        expected = ", ".join(get_args(Talairach))
        raise InvalidInput("talairach", found=repr(talairach), expected=f"one of {expected}")
    cleaning = {"peaks": len(xyz)}
    first = _first_of_each(np.column_stack([study, xyz]))
    study, xyz = study[first], xyz[first].astype(np.float64)
    cleaning["duplicates dropped"] = cleaning["peaks"] - len(xyz)
    row = _rows(ids, study)
    if talairach_ids is not None and talairach != "as-is":
        foreign = np.isin(study, talairach_ids)
        done = "converted from Talairach" if talairach == "convert" else "Talairach left out"
        cleaning[done] = int(foreign.sum())
        cleaning[f"studies {done.split()[0]}"] = len(np.unique(row[foreign]))
        if talairach == "convert":
            xyz[foreign] = transform(xyz[foreign], TALAIRACH, MNI)
        else:
            xyz, row = xyz[~foreign], row[~foreign]
    usable = in_head(xyz)
    cleaning["outside the head dropped"] = int((~usable).sum())
    xyz, row = xyz[usable], row[usable]
    kept, place = np.unique(row, return_inverse=True)
    return CleanPeaks(ids, kept, xyz, place, cleaning)


def binary_regions(studies: Studies, atlas: Atlas, max_mm: float = 4.0) -> csr_array:
    """Which study has a peak in or within ``max_mm`` of which region of an MNI atlas.

    Returns:
        (n_studies, n_regions) binary; a peak counts for the nearest region only.
    """
    region, _ = parcellation(atlas).lookup(transform(studies.xyz, MNI, atlas.space), max_mm)
    near = region >= 0
    rows, columns = studies.study[near], region[near]
    shape = (len(studies.ids), len(atlas.regions))
    return binary(csr_array(coo_array((np.ones(len(rows), np.int64), (rows, columns)), shape)))


def binary(counts: csr_array) -> csr_array:
    """Ones where there is any count."""
    counts.sum_duplicates()
    counts.eliminate_zeros()
    counts.data = np.ones_like(counts.data)
    return counts


def file(folder: Path, name: str) -> Path:
    """A file of a database's folder.

    Raises:
        InvalidInput: it is not there.
    """
    path = folder / name
    if not path.is_file():
        raise InvalidInput("data", found=f"no {name} in {folder.name}/", expected="that file")
    return path


def _first_of_each(rows: NDArray[np.float64]) -> NDArray[np.intp]:
    """Places of the first of equal rows, in order."""
    import pandas as pd

    return np.flatnonzero(~pd.DataFrame(rows).duplicated().to_numpy())


def _rows(ids: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.intp]:
    """Row of each wanted study in the matrices."""
    order = np.argsort(ids)
    place = np.searchsorted(ids, wanted, sorter=order)
    rows = order[np.minimum(place, len(ids) - 1)]
    if not np.array_equal(ids[rows], wanted):
        raise InvalidInput("peaks", found="a study without metadata", expected="none")
    return np.asarray(rows, dtype=np.intp)
