"""Tables of claims that somebody made: read, or refused with every fault named."""

from __future__ import annotations

from pathlib import Path

import pytest

from atlas.errors import InvalidInput
from ingest import claims_table

HEAD = "region\tfunction\tstatistic\tvalue\tweight\tq\tn_studies\tcitation\trationale\n"


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.tsv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_becomes_claims_of_its_source(tmp_path: Path) -> None:
    text = (
        "\ufeff# name: My review\n# licence: CC0\n"
        + HEAD
        + "a:1\tvision\tz\t4.5\t0.5\t0.01\t12\tMe\t"
        "seen\na:2\tvision\td\t-1\t1\t\t\t\t\n"
    )
    source, (one, other) = claims_table.read(table(tmp_path, text))
    assert (source.id, source.name, source.licence) == ("mine", "My review", "CC0")
    assert (one.value, one.weight, one.q, one.n_studies) == (4.5, 0.5, 0.01, 12)
    assert (one.citation, one.rationale, one.source) == ("Me", "seen", "mine")
    assert (other.q, other.n_studies, other.statistic) == (None, None, "d")


def test_every_fault_is_named_with_its_line(tmp_path: Path) -> None:
    text = HEAD + (
        "a:1\tvision\tz\t4,5\t0.5\t\t\t\t\n"
        "a:1\tvision\tz\t4\t1.5\t\t\t\t\n"
        "a:1\tvision\tz\t4\n"
        "\tvision\tz\t4\t1\t\t\t\t\n"
        "a:1\tvision\tz\tnan\t1\t\t\t\t\n"
        "a:1\tvision\tz\t4\t1\t2\t\t\t\n"
        "a:1\tvision\tz\t4\t1\t\t1.5\t\t\n"
        "a:3\tvision\tz\t4\t1\t\t\t\t\n"
        "a:3\tvision\tz\t5\t1\t\t\t\t\n"
    )
    with pytest.raises(InvalidInput) as refused:
        claims_table.read(table(tmp_path, text))
    said = str(refused.value)
    for fault in (
        "line 2: value '4,5', expected a finite number (a point for decimals)",
        "line 3: weight '1.5'",
        "line 4: 4 cells, expected 9",
        "line 5: region is empty",
        "line 6: value 'nan'",
        "line 7: q '2'",
        "line 8: n_studies '1.5'",
        "a:3, vision, z: more than once",
    ):
        assert fault in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty table"),
        (HEAD, "no lines"),
        ("region\tfunction\tvalue\n", "columns region, function, value"),
        (HEAD.replace("q", "p"), "columns"),
        ("region,function,statistic,value,weight\n", "tab-separated"),
    ],
)
def test_what_is_no_such_table(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        claims_table.read(table(tmp_path, text))


def test_latin_1_is_said(tmp_path: Path) -> None:
    (tmp_path / "mine.tsv").write_bytes("# name: Gehör\n".encode("latin-1"))
    with pytest.raises(InvalidInput, match="UTF-8"):
        claims_table.read(tmp_path / "mine.tsv")
