"""Neurosynth's files: topics by their share of an abstract, Talairach studies three ways."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix, save_npz

from atlas.errors import InvalidInput
from atlas.spaces import transform
from ingest import neurosynth as ns
from ingest.compute import Folders, Options, word_studies

AT = np.array([[40.0, -20.0, 50.0]])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three studies: 7 and 9 in MNI, 8 in Talairach; topics pain and reading."""
    tables = {
        ns.COORDINATES: ["id\tx\ty\tz", *(f"{id}\t40\t-20\t50" for id in (7, 8, 9))],
        ns.METADATA: ["id\tspace", "7\tMNI", "8\tTAL", "9\tUNKNOWN"],
    }
    for name, lines in tables.items():
        with gzip.open(tmp_path / name, "wt") as file:
            file.write("\n".join(lines) + "\n")
    (tmp_path / ns.TOPICS).write_text("pain\nreading\n", "utf-8")
    weights = np.array([[0.6, 0.0], [0.04, 0.05], [0.0, 0.2]])
    save_npz(tmp_path / ns.WEIGHTS, csr_matrix(weights))
    return tmp_path


def test_a_study_is_about_a_topic_from_its_least_share_on(folder: Path) -> None:
    studies = ns.load_studies(folder)
    assert studies.names == ("pain", "reading")
    assert studies.functions.toarray().astype(int).tolist() == [[1, 0], [0, 1], [0, 1]]
    strict = ns.load_studies(folder, min_weight=0.5)
    assert strict.functions.toarray().astype(int).sum() == 1


def test_talairach_studies_are_converted_left_out_or_taken_as_they_are(folder: Path) -> None:
    assert ns.talairach_ids(folder).tolist() == [8]
    converted = ns.load_studies(folder)
    assert converted.xyz[1] == pytest.approx(transform(AT, "Talairach", "MNI152")[0])
    assert converted.xyz[[0, 2]] == pytest.approx(np.vstack([AT, AT]))
    without = ns.load_studies(folder, talairach="exclude")
    assert without.ids.tolist() == [7, 9]
    assert len(without.xyz) == 2
    as_printed = ns.load_studies(folder, talairach="as-is")
    assert as_printed.xyz == pytest.approx(np.repeat(AT, 3, axis=0))
    assert "Talairach" not in " ".join(as_printed.cleaning)
    with pytest.raises(InvalidInput, match="convert, exclude, as-is"):
        ns.load_studies(folder, talairach="guess")  # type: ignore[arg-type]


def test_topics_need_their_folder_and_enough_studies(folder: Path) -> None:
    options = Options(terms="topics", min_function_studies=2)
    assert word_studies(Folders(folder, folder), options).names == ("reading",)
    with pytest.raises(InvalidInput, match="Neurosynth version 7 for topics"):
        word_studies(Folders(folder), options)
    (folder / ns.METADATA).unlink()
    with pytest.raises(InvalidInput):
        ns.load_studies(folder)
