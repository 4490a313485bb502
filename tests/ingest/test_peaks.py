"""Peak tables in every form, and the message for every mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from atlas.activation import Peak
from atlas.errors import InvalidInput
from ingest.peaks import read_peaks
from tests.data_dir import BRAIN, needs_brain

GOOD = {
    "list.json": "[[1, 2, 3], [4, 5, 6, 7.5]]",
    "objects.json": '{"peaks": [{"x": 1, "y": 2, "z": 3}, {"x": 4, "y": 5, "z": 6, "value": 7.5}]}',
    "named.csv": "x,y,z,value\n1,2,3,1\n4,5,6,7.5\n",
    "other_order.tsv": "# foci\nTable\tZ\ty\tX\tstat\nt1\t3\t2\t1\t1\nt1\t6\t5\t4\t7.5\n",
    "semicolons.csv": "x;y;z;value\n1;2;3;1\n4;5;6;7.5\n",
    "bare.txt": "1 2 3 1\n\n4 5 6 7.5\n",
    "decimal_commas.csv": "x;y;z;value\n1,0;2,0;3;1\n4;5;6;7,5\n",
    "bare_commas.txt": "1,0 2,0 3,0 1,0\n4,0 5,0 6,0 7,5\n",
    "nilearn.tsv": "Cluster ID\tX\tY\tZ\tPeak Stat\tCluster Size (mm3)\n"
    "1\t1.0\t2.0\t3.0\t1.0\t99\n1a\t4.0\t5.0\t6.0\t7.5\t\n",
    "spm.csv": "set,set,cluster,peak,peak,peak,,,\np,c,equivk,p(FWE-corr),T,equivZ,x,y,z {mm}\n"
    ",,9,0.01,1,1,1,2,3\n,,9,0.01,7.5,5,4,5,6\n",
    "cluster_zstat1_std.txt": "Cluster Index\tVoxels\tZ-MAX\tZ-MAX X (mm)\tZ-MAX Y (mm)\t"
    "Z-MAX Z (mm)\tZ-COG X (mm)\tZ-COG Y (mm)\tZ-COG Z (mm)\n"
    "2\t90\t1\t1\t2\t3\t0\t0\t0\n1\t80\t7.5\t4\t5\t6\t0\t0\t0\n",
    "bom.csv": "\ufeffx,y,z,value\n1,2,3,1\n4,5,6,7.5\n",
}


@pytest.mark.parametrize("name", GOOD)
def test_every_form_gives_the_same_peaks(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(GOOD[name], encoding="utf-8")
    assert read_peaks(path).peaks == (Peak(1, 2, 3, 1.0), Peak(4, 5, 6, 7.5))


def test_names_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('x,y,z,label\n1,2,3,"left, STG"\n')
    assert read_peaks(path).peaks[0].name == "left, STG"


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
        ("a.csv", "x,y,z\n12,5,3,0,8,1\n", "decimal commas need another separator"),
        (
            "a.txt",
            "Cluster Index\tZ-MAX X (vox)\tZ-MAX Y (vox)\tZ-MAX Z (vox)\n1\t2\t3\t4\n",
            "voxel",
        ),
        ("lmax_zstat1.txt", "Cluster Index\tZ\tx\ty\tz\n1\t9\t2\t3\t4\n", "voxel indices"),
        ("a.1D", "#Volume  CM RL  CM AP  CM IS\n9 1 2 3\n", "a cluster table of AFNI"),
        ("a.txt", "// Broca\n1 2 3\n", "without a reference"),
        ("a.txt", "// Reference=MNI305\n1 2 3\n", "peaks, line 1: found 'MNI305'"),
        ("a.txt", "// Reference=MNI\n1 2\n", "peaks, line 2: found '1 2'"),
        ("a.txt", "// Reference=MNI\n1 2 3\n//Reference=Talairach\n", "Talairach after MNI152"),
        ("a.txt", "// Reference=MNI\n// nothing\n", "0 peaks"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InvalidInput) as error:
        read_peaks(path)
    assert said in str(error.value)


def test_sleuth_text_keeps_its_experiments_and_its_space(tmp_path: Path) -> None:
    path = tmp_path / "foci.txt"
    path.write_text(
        "//Reference =  Talairach\n// Booth,\n//  2006\n//Subjects=13\n-39\t-57\t18\n1 2 3\n\n"
        "// Price, 1997\n// Subjects = 6\n4 5 6\n//\n"
    )
    table = read_peaks(path)
    assert table.space == "Talairach"
    assert [peak.experiment for peak in table.peaks] == ["Booth, 2006"] * 2 + ["Price, 1997"]
    assert table.space_or(None) == table.space_or("tal") == "Talairach"
    with pytest.raises(InvalidInput, match="Talairach, as the file itself says"):
        table.space_or("MNI")


@needs_brain
@pytest.mark.parametrize(
    ("name", "experiments", "foci"),
    [("adults", 272, 3606), ("children", 50, 687), ("children_knowledge", 21, 262)],
)
def test_the_shared_sleuth_files_hold_what_their_authors_say(
    name: str, experiments: int, foci: int
) -> None:
    table = read_peaks(BRAIN / "patterns" / "peaks" / f"semantic_{name}_sleuth.txt")
    assert (table.space, len(table.peaks)) == ("MNI152", foci)
    assert len({peak.experiment for peak in table.peaks}) == experiments


def test_latin_1_and_its_names(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("x;y;z;name\n1;2;3;Höschl\n".encode("latin-1"))
    assert read_peaks(path).peaks[0].name == "Höschl"


STUDYSET = {
    "name": "two",
    "studies": [
        {
            "name": "Booth 2006",
            "analyses": [
                {
                    "name": "semantic",
                    "points": [
                        {"space": "MNI", "coordinates": [1, 2, 3], "values": [{"value": 1.0}]},
                        {"space": "MNI", "coordinates": [4, 5, 6], "values": [{"value": 7.5}]},
                    ],
                }
            ],
        }
    ],
}
NIMARE = {
    "booth": {
        "contrasts": {"1": {"coords": {"space": "TAL", "x": [1, 4], "y": [2, 5], "z": [3, 6]}}}
    },
    "price": {"contrasts": {"1": {"images": {}}}},
}


def test_nimads_and_nimare(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(STUDYSET))
    name = "Booth 2006: semantic"
    expected = (Peak(1, 2, 3, 1.0, "", name), Peak(4, 5, 6, 7.5, "", name))
    assert (read_peaks(path).space, read_peaks(path).peaks) == ("MNI152", expected)
    path.write_text(json.dumps([STUDYSET]))
    assert read_peaks(path).peaks == expected
    path.write_text(json.dumps(NIMARE))
    assert read_peaks(path).space == "Talairach"
    assert read_peaks(path).peaks[1] == Peak(4, 5, 6, 1.0, "", "booth-1")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            {"studies": [{"analyses": [{"points": [{"coordinates": [1, 2, 3]}]}]}]},
            "space: found none",
        ),
        ({"studies": [{"analyses": [{"points": [{"coordinates": [1]}]}]}]}, "expected [x, y, z]"),
        ({"studies": ["a"]}, "studies[0]: found str"),
        ({"studies": []}, "0 peaks"),
        ({"a": {"contrasts": {"1": {"coords": {"x": [1], "y": [], "z": []}}}}}, "one length"),
        (
            {
                c: {"contrasts": {"1": {"coords": {"space": s, "x": [1], "y": [2], "z": [3]}}}}
                for c, s in (("a", "MNI"), ("b", "TAL"))
            },
            "expected one space",
        ),
    ],
)
def test_broken_studysets(tmp_path: Path, content: object, said: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content))
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
