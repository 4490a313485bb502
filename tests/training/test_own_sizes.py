"""Pictures of several sizes: refused with what to do, and resized where that is asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from atlas.errors import InvalidInput
from tests.training.test_own import brought, files, npz
from training.own.build import add, load
from training.own.kept import About
from training.own.media import read_picture, size_of
from training.own.reading import read


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Thirty pictures of classes: large and small, upright and lying, grey and coloured."""
    for number in range(30):
        place = tmp_path / "mixed" / f"class {number % 3}"
        place.mkdir(parents=True, exist_ok=True)
        shape = (20 + number, 40 - number, *([3] if number % 2 else []))
        Image.fromarray(np.full(shape, 80 * (number % 3), np.uint8)).save(place / f"{number}.png")
    return tmp_path / "mixed"


def test_the_first_that_differs_is_named_with_both_sizes_and_the_cure(mixed: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(mixed)
    error = refused.value
    assert error.field == "class 0/12 (12.png)"
    assert error.found == "32 × 28 pixels, height × width"
    assert error.expected == "20 × 40, as class 0/0 (0.png)"
    assert error.hint == "--size 20x40 brings all to one"
    assert read(mixed, size=size_of("20x40")).raw["image"].shape == (30, 20, 40, 3)


def test_they_are_resized_where_asked_for(mixed: Path, tmp_path: Path) -> None:
    given = read(mixed, size=(8, 12))
    for label, picture in zip(given.label, given.raw["image"], strict=True):
        assert (picture == 80 * int(label[-1])).all()
    own = add(given, "mixed", tmp_path, about=About())
    assert own.sizes == {"train": 18, "validation": 6, "test": 6}
    assert load("mixed", tmp_path).raw("image", "train").shape == (18, 8, 12, 3)


def test_smoothed_where_it_shrinks_and_as_it_is_where_it_fits(tmp_path: Path) -> None:
    stripes = np.tile(np.array([0, 255], np.uint8), (16, 8))
    path = tmp_path / "stripes.png"
    Image.fromarray(stripes).save(path)
    np.testing.assert_array_equal(read_picture(path, (16, 16)), stripes)
    small = read_picture(path, (4, 4))
    assert small.shape == (4, 4)
    assert np.abs(small.astype(int) - 127).max() < 20  # no stripes that were not there
    assert read_picture(path, (3, 40)).shape == (3, 40)


def test_a_picture_is_upright_before_it_is_resized(tmp_path: Path) -> None:
    lying = np.zeros((10, 20), np.uint8)
    lying[:, :10] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter, clockwise
    path = tmp_path / "turned.png"
    Image.fromarray(lying).save(path, exif=exif)
    found = read_picture(path, (40, 20))
    assert (found[:15] > 200).all()
    assert (found[25:] < 50).all()


@pytest.mark.parametrize(
    "text",
    ["", "32", "32x", "x32", "1x32", "-3x4", "3.5x4", "32x32x3", "99999x99999", "²x³", "٣x٤"],
)
def test_no_size(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"size: found .*as 48x64"):
        size_of(text)


def test_there_must_be_picture_files_to_resize(tmp_path: Path) -> None:
    folder = tmp_path / "sounds"
    folder.mkdir()
    for path in (npz(tmp_path), files(folder, "audio,label,split")):
        with pytest.raises(InvalidInput, match=r"size: found .* without picture files"):
            read(path, size=(8, 8))
    assert brought(npz(tmp_path), tmp_path).fresh
