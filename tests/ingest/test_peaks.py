"""Peak tables in every form, and the message for every mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from atlas.activation import Peak
from atlas.errors import InvalidInput
from ingest.peaks import read_peaks

GOOD = {
    "list.json": "[[1, 2, 3], [4, 5, 6, 7.5]]",
    "objects.json": '{"peaks": [{"x": 1, "y": 2, "z": 3}, {"x": 4, "y": 5, "z": 6, "value": 7.5}]}',
    "named.csv": "x,y,z,value\n1,2,3,1\n4,5,6,7.5\n",
    "other_order.tsv": "# foci\nTable\tZ\ty\tX\tstat\nt1\t3\t2\t1\t1\nt1\t6\t5\t4\t7.5\n",
    "semicolons.csv": "x;y;z;value\n1;2;3;1\n4;5;6;7.5\n",
    "bare.txt": "1 2 3 1\n\n4 5 6 7.5\n",
    "bom.csv": "\ufeffx,y,z,value\n1,2,3,1\n4,5,6,7.5\n",
}


@pytest.mark.parametrize("name", GOOD)
def test_every_form_gives_the_same_peaks(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(GOOD[name], encoding="utf-8")
    assert read_peaks(path) == [Peak(1, 2, 3, 1.0), Peak(4, 5, 6, 7.5)]


def test_names_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('x,y,z,label\n1,2,3,"left, STG"\n')
    assert read_peaks(path)[0].name == "left, STG"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", "{", "broken JSON"),
        ("a.json", "[]", "0 peaks"),
        ("a.json", '"1 2 3"', "a list of peaks"),
        ("a.json", "[[1, 2]]", "peaks[0]: found [1, 2]"),
        ("a.json", '[{"x": 1, "y": 2}]', "peaks[0]: found no z"),
        ("a.json", '[{"x": 1, "y": 2, "z": "3"}]', "peaks[0].z: found '3'"),
        ("a.json", "[[1, 2, NaN]]", "peaks[0].z: found nan"),
        ("a.json", "[[1, 2, 3], [1000, 2, 3]]", "peaks[1].x: found 1000"),
        ("a.json", "[[1, 2, 3, Infinity]]", "peaks[0].value: found inf"),
        ("a.csv", "x,y,z\n1,two,3\n", "peaks[0].y: found 'two'"),
        ("a.csv", "x,y,z\n1,2\n", "peaks[0]: found no z"),
        ("a.csv", "x,y,value\n1,2,3\n", "columns x, y, value, expected columns x, y, z"),
        ("a.csv", "x,y,z\n", "0 peaks"),
        ("a.csv", "", "an empty table"),
        ("a.csv", "1 2 3\n4 5 nan\n", "peaks[1].z: found nan"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InvalidInput) as error:
        read_peaks(path)
    assert said in str(error.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x01\xff")
    for name in ("gone.csv", "binary.csv"):
        with pytest.raises(InvalidInput, match="cannot be read"):
            read_peaks(tmp_path / name)


def test_too_many_rows(tmp_path: Path) -> None:
    path = tmp_path / "many.json"
    path.write_text(json.dumps([[1, 2, 3]] * 100_001))
    with pytest.raises(InvalidInput, match="100,001 peaks"):
        read_peaks(path)
