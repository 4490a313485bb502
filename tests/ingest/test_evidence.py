"""The stored evidence: what can be recomputed is, and the whole table comes out byte for byte."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from atlas.errors import InvalidInput
from ingest import build_evidence, builtin, evidence, evidence_matrix, meta

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data" / "brain" / "functions"
MATRIX = ROOT / "ingest" / "data" / "evidence_matrix.tsv.gz"
TEXT = builtin.data("evidence.tsv")
PROVENANCE, ROWS = evidence.parse(TEXT)


def test_lower_bound_and_weight_follow_from_the_counts() -> None:
    for row in ROWS:
        c = row.counts
        lower = meta.lower_log_odds(c.both, c.region_only, c.function_only, c.neither)
        assert row.lower == pytest.approx(float(lower), abs=6e-5)
        assert row.weight == pytest.approx(float(meta.weight(lower)), abs=1.1e-4)


def test_the_thresholds_hold_in_every_row() -> None:
    studies = int(PROVENANCE["studies"].split()[0])
    for row in ROWS:
        c = row.counts
        assert c.both + c.region_only + c.function_only + c.neither == studies
        assert c.both >= 5
        assert row.q < 0.05
        assert row.z > 0
        assert row.lower > 0


def test_the_source_data_are_not_in_the_project() -> None:
    assert len(TEXT.encode()) < 700_000
    assert PROVENANCE["licence"].startswith("ODbL-1.0")
    assert {"source", "version", "command", "cleaning", "method", "columns"} <= set(PROVENANCE)
    assert sum(key.startswith("sha256") for key in PROVENANCE) == 10
    digest = hashlib.sha256(builtin.data("functions.tsv").encode()).hexdigest()
    assert PROVENANCE["sha256 functions.tsv"] == digest


def test_render_and_parse_are_inverse() -> None:
    assert evidence.render(PROVENANCE, ROWS) == TEXT


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [("\tweight", "\tweights", "columns"), ("0.2526", "x", "weight"), ("0.2526", "1.5", "weight")],
)
def test_a_broken_table_is_named(old: str, new: str, field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        evidence.parse(TEXT.replace(old, new, 1))
    assert field in str(error.value)


def test_missing_data_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "evidence.tsv"
    code = build_evidence.main(["--data", str(tmp_path), "--out", str(out)])
    assert code == 2
    assert "coordinates.tsv.gz" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.skipif(
    not (SHARED / "neuroquery").is_dir(),
    reason="NOT CHECKED: NeuroQuery's data are not beside this clone (shared/data/brain)",
)
def test_the_command_regenerates_the_table_byte_for_byte(tmp_path: Path) -> None:
    out = tmp_path / "evidence.tsv"
    arguments = ["--data", SHARED / "neuroquery", "--spaces", SHARED / "neurosynth_v7"]
    matrix = tmp_path / "matrix.gz"
    arguments += ["--out", out, "--matrix", matrix]
    assert build_evidence.main([*map(str, arguments)]) == 0
    assert out.read_bytes() == TEXT.encode()
    # Compression may differ between versions of zlib, the table does not.
    assert gzip.decompress(matrix.read_bytes()) == gzip.decompress(MATRIX.read_bytes())


def test_the_matrix_holds_the_claims() -> None:
    assert MATRIX.stat().st_size < 300_000
    every = builtin.matrices()
    assert [m.atlas for m in every] == ["dosenbach160", "seitzman300"]
    place = {
        (region, function): (m, i, j)
        for m in every
        for i, region in enumerate(m.regions)
        for j, function in enumerate(m.functions)
    }
    for row in ROWS:
        m, i, j = place[row.region, row.function]
        assert float(m.z[i, j]) == pytest.approx(row.z, abs=6e-3)
        counts = (m.both, m.region_only, m.function_only, m.neither)
        assert evidence.Counts(*(int(count[i, j]) for count in counts)) == row.counts


def test_a_broken_matrix_is_named() -> None:
    content = MATRIX.read_bytes()
    for broken in (content[:1000], b"no gzip", gzip.compress(b"a\tb\nc\td\n")):
        with pytest.raises(InvalidInput, match="evidence matrix"):
            evidence_matrix.parse(broken, "s")
