"""Cleaning and matrices on a small folder in NeuroQuery's own format."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array, csr_matrix, save_npz

from atlas.errors import InvalidInput
from atlas.spaces import transform
from ingest import neuroquery as nq
from ingest import neurosynth
from ingest.studies import binary_regions
from tests.atlas.examples import spheres

PEAKS = [  # study, x, y, z
    (11, 10, 20, 30), (11, 10, 20, 30), (11, 10, 20, 31),
    (22, -40, -20, 50), (22, 149, 0, 0),
    (33, 200, 200, 200),
]  # fmt: skip
WORDS = ["sound", "pitch", "task"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    def write(name: str, header: str, lines: list[str]) -> None:
        with gzip.open(tmp_path / name, "wt") as file:
            file.write("\n".join([header, *lines]) + "\n")

    rows = [f"{s}\tt1\tTable 1\t{x}\t{y}\t{z}" for s, x, y, z in PEAKS]
    write(nq.COORDINATES, "id\ttable_id\ttable_name\tx\ty\tz", rows)
    write(nq.METADATA, "id\ttitle", ["33\tc", "22\tb", "11\ta"])
    write(neurosynth.METADATA, "id\tspace", ["22\tTAL", "11\tMNI", "99\tTAL"])
    (tmp_path / nq.VOCABULARY).write_text("\n".join(WORDS) + "\n")
    counts = [[[1, 0, 2], [0, 3, 0], [0, 0, 0]], [[0] * 3] * 3, [[0] * 3, [0, 1, 0], [0, 0, 1]]]
    for name, matrix in zip(nq.COUNTS, counts, strict=True):
        save_npz(tmp_path / name, csr_matrix(np.array(matrix)))
    return tmp_path


TERMS = {"hear": ("sound",), "hear.pitch": ("pitch",), "head": ()}


def test_cleaning_is_done_and_counted(folder: Path) -> None:
    studies = nq.load_studies(folder, TERMS, folder)
    assert studies.cleaning == {
        "peaks": 6,
        "duplicates dropped": 1,
        "converted from Talairach": 2,
        "studies converted": 1,
        "outside the head dropped": 2,
    }
    assert studies.ids.tolist() == [22, 11]  # in the order of the metadata; 33 has no peak left
    assert studies.peaks_per_study.tolist() == [1, 2]
    moved = transform(np.array([[-40.0, -20.0, 50.0]]), "Talairach", "MNI")
    np.testing.assert_allclose(studies.xyz[studies.study == 0], moved)


def test_without_spaces_nothing_is_converted(folder: Path) -> None:
    studies = nq.load_studies(folder, TERMS)
    assert [-40.0, -20.0, 50.0] in studies.xyz.tolist()
    assert "converted from Talairach" not in studies.cleaning


def test_a_study_is_about_a_function_if_a_word_of_it_or_below_occurs(folder: Path) -> None:
    studies = nq.load_studies(folder, TERMS, folder)
    assert studies.names == ("hear", "hear.pitch")
    # Rows of the matrices are 33, 22, 11: 33 names sound, 22 names pitch, 11 neither.
    assert studies.functions.toarray().tolist() == [[1, 1], [0, 0]]


def test_regions_are_hit_once_per_study(folder: Path) -> None:
    studies = nq.load_studies(folder, TERMS)
    atlas = spheres((10, 20, 30, 5), (-40, -20, 58.5, 5), (10, 20, 39, 5))
    hits = binary_regions(studies, atlas)
    assert hits.toarray().tolist() == [[0, 1, 0], [1, 0, 0]]
    assert binary_regions(studies, atlas, max_mm=3).toarray().tolist() == [[0, 0, 0], [1, 0, 0]]


def test_an_unknown_word_and_a_missing_file_are_named(folder: Path) -> None:
    with pytest.raises(InvalidInput, match=r"functions\.hear\.terms: found 'noise'"):
        nq.binary_functions(csr_array((1, 3)), WORDS, {"hear": ("noise",)})
    (folder / nq.VOCABULARY).unlink()
    with pytest.raises(InvalidInput, match="vocabulary"):
        nq.load_studies(folder, TERMS)


def test_a_peak_of_an_unknown_study_is_refused(folder: Path) -> None:
    with gzip.open(folder / nq.METADATA, "wt") as file:
        file.write("id\ttitle\n22\tb\n11\ta\n44\td\n")
    with pytest.raises(InvalidInput, match="without metadata"):
        nq.load_studies(folder, TERMS)
