"""Tables of names in the forms that atlases come with."""

from __future__ import annotations

from pathlib import Path

import pytest

from atlas.errors import InvalidInput
from ingest.atlases.tables import parse_table, read_table

LUT = (
    "# colours\n0 Unknown 0 0 0 0\n17 Left-Hippocampus 220 216 20 0\n53 Right Hippocampus 1 2 3 0\n"
)
SNAP = '0 0 0 0 0 0 0 "Clear Label"\n7 255 0 0 1 1 1 "Left caudate"\n'
FSL = """<?xml version="1.0" encoding="ISO-8859-1"?>
<atlas version="1.0"><header><type>Probabalistic</type></header><data>
<label index="0" x="48" y="94" z="35">Frontal Pole</label>
<label index="1" x="25" y="70" z="32">Insular &amp; Cortex</label></data></atlas>"""


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        (LUT, "FreeSurfer LUT", [("17", "Left-Hippocampus"), ("53", "Right Hippocampus")]),
        (SNAP, "ITK-SNAP labels", [("7", "Left caudate")]),
        (FSL, "FSL XML", [("1", "Frontal Pole"), ("2", "Insular & Cortex")]),
        ("1 Left caudate\n2: Right\n", "id and name", [("1", "Left caudate"), ("2", "Right")]),
        ("V1\nV2 (dorsal)\n", "a name a line", [("1", "V1"), ("2", "V2 (dorsal)")]),
        ("0,empty\n1,A\n", "table", [("1", "A")]),
        ("index\tname\n1\tA\n2\tB\n", "table", [("1", "A"), ("2", "B")]),
        ('id,name\n1,"gyrus, left"\n', "table", [("1", "gyrus, left")]),
    ],
)
def test_forms(text: str, form: str, expected: list[tuple[str, str]]) -> None:
    table = parse_table(text)
    assert (table.form, [(row.id, row.name) for row in table.rows]) == (form, expected)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1", "utf-8"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes("id;name;x;y;z;radius\r\n3;Noyau caudé;-4,5;12;7,25;5\r\n".encode(encoding))
    (row,) = read_table(path).rows
    assert (row.id, row.name, row.xyz, row.radius_mm) == ("3", "Noyau caudé", (-4.5, 12, 7.25), 5)


def test_columns_are_guessed_said_and_overridden() -> None:
    text = "label,region,hemi,lobe,Yeo\n4,V1,L,occipital,Vis\n"
    table = parse_table(text)
    assert table.columns == {"id": "label", "name": "region", "hemisphere": "hemi"}
    assert table.levels == ("lobe",)
    told = parse_table(text, {"network": "Yeo", "name": "lobe", "hemisphere": ""})
    assert (told.rows[0].network, told.rows[0].name, told.rows[0].hemisphere) == (
        "Vis",
        "occipital",
        "",
    )
    with pytest.raises(InvalidInput, match=r"columns\.name"):
        parse_table(text, {"name": "nom"})
    with pytest.raises(InvalidInput, match="one of id, name"):
        parse_table(text, {"colour": "Yeo"})


def test_nothing_in_a_row_is_corrected() -> None:
    table = parse_table("id,name\n1.0,A\n1,A\nx,\n")
    assert [(row.id, row.name) for row in table.rows] == [("1.0", "A"), ("1", "A"), ("x", "")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n",
        '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><atlas><label index="0">&c;</label>',
        "<atlas><label>",
        "<atlas></atlas>",
        "x,y,z,name\n1,2,three,A\n",
    ],
)
def test_bad_tables_are_one_clear_error(text: str) -> None:
    with pytest.raises(InvalidInput, match="labels"):
        parse_table(text)


def test_voxels_are_no_table(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(b"\x93NUMPY\0\0\0")
    with pytest.raises(InvalidInput, match=r"labels\.csv"):
        read_table(path)


@pytest.mark.parametrize(
    "text",
    [
        "id,name\n" + "1,a\n" * 1_700_000,
        "id,name" + ",c" * 1_000_000 + "\n1,a\n",
        '1,"' + "a\n" * 10**6,
    ],
    ids=["rows", "columns", "an open quote"],
)
def test_what_is_far_too_large_is_refused_at_once(text: str) -> None:
    with pytest.raises(InvalidInput, match="at most 200,000 lines of 20,000 characters"):
        parse_table(text)
