"""``neuroweave atlas check`` on files."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import pytest
from typer.testing import CliRunner

from atlas.errors import InvalidInput
from neuroweave.cli import app
from tests.atlas.checks.world import good


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    labels = good().volume
    assert labels is not None
    path = tmp_path / "toy_space-MNI152NLin6Asym.nii.gz"
    image = nibabel.Nifti1Image(labels.labels, labels.affine)  # type: ignore[no-untyped-call]
    image.set_sform(labels.affine, code="mni")  # type: ignore[no-untyped-call]
    image.to_filename(path)
    return path


def table(folder: Path, *names: str) -> Path:
    path = folder / "names.tsv"
    rows = (f"{number}\t{name}\n" for number, name in enumerate(names, start=1))
    path.write_text("id\tname\n" + "".join(rows), encoding="utf-8")
    return path


def run(*words: str | Path) -> tuple[int, str]:
    found = CliRunner().invoke(app, ["atlas", "check", *map(str, words)], catch_exceptions=False)
    return found.exit_code, found.stdout


def test_a_good_atlas(volume: Path, tmp_path: Path) -> None:
    names = table(tmp_path, "Left A", "Right A")
    said = ("--licence", "CC0", "--citation", "Somebody 2020", "--space", "MNI152NLin6Asym")
    code, text = run(volume, "--labels", names, *said, "--json")
    found = json.loads(text)
    assert (code, set(found)) == (0, {"atlas", "errors", "warnings", "notes"})
    assert found["errors"] == found["warnings"] == found["notes"] == []
    assert "0 errors" in run(volume, "--labels", names, *said)[1]


def test_a_swapped_atlas_exits_with_2_until_it_is_accepted(volume: Path, tmp_path: Path) -> None:
    words = (volume, "--labels", table(tmp_path, "Right A", "Left A"), "--id", "swapped")
    code, text = run(*words, "--json")
    found = json.loads(text)
    assert (code, found["atlas"]) == (2, "swapped")
    assert [(one["code"], one["count"]) for one in found["errors"]] == [("SWAPPED_SIDES", 2)]
    assert run(*words)[0] == 2
    assert run(*words, "--accept", "SWAPPED_SIDES")[0] == 0


def test_mistakes_are_named(volume: Path) -> None:
    with pytest.raises(InvalidInput, match="do you mean SWAPPED_SIDES"):
        run(volume, "--accept", "SWAPED_SIDES")
    with pytest.raises(Exception, match=r"nothing\.nii"):
        run(volume.parent / "nothing.nii")
