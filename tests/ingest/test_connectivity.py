"""Matrices from files: matched by name, never by position, and refused in clear words."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.connectome import EdgeThreshold, check_matrix, strongest, to_weights
from atlas.errors import InvalidInput
from atlas.model import Region, Source
from ingest.connectivity import Connectome, Matrix, match, read_keys, read_matrix
from tests.data_dir import BRAIN, needs_brain

SOURCE = Source("m", "A matrix", licence="CC0", citation="Nobody 2026")
REGIONS = [Region(f"a:{n}", str(n), name, "left", 0, 0, 0) for n, name in enumerate("xyz", 1)]
VALUES = "0,.5,.25\n.5,0,-.75\n.25,-.75,0\n"
ENIGMA = BRAIN / "connectivity" / "enigma_hcp"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def taken(matrix: Matrix, **options: object) -> Connectome:
    return match(
        matrix, "a", REGIONS, source=SOURCE, **{"kind": "functional", **options}  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize("form", ["list", "header", "column", "both", "tsv", "npy", "gz"])
def test_every_form_gives_the_same_matrix(tmp_path: Path, form: str) -> None:
    labels = None
    rows = VALUES.split()
    if form in ("list", "npy", "gz"):
        labels = write(tmp_path, "labels.txt", "z\nx\ny\n")
    path = write(tmp_path, "m.csv", VALUES)
    if form == "header":
        path = write(tmp_path, "m.csv", "z,x,y\n" + VALUES)
    elif form == "column":
        path = write(
            tmp_path, "m.csv", "\n".join(f"{a},{b}" for a, b in zip("zxy", rows, strict=True))
        )
    elif form in ("both", "tsv"):
        text = ",z,x,y\n" + "\n".join(f"{a},{b}" for a, b in zip("zxy", rows, strict=True))
        path = write(tmp_path, "m.tsv", "\ufeff" + text.replace(",", "\t"))
    elif form == "npy":
        path = tmp_path / "m.npy"
        np.save(path, np.array([[float(v) for v in row.split(",")] for row in rows]))
    elif form == "gz":
        path = tmp_path / "m.csv.gz"
        path.write_bytes(gzip.compress(VALUES.encode()))
    matrix = read_matrix(path, labels)
    assert matrix.labels == ("z", "x", "y")
    assert taken(matrix).pairs == (("a:3", "a:1", 0.5), ("a:3", "a:2", 0.25), ("a:1", "a:2", -0.75))


@pytest.mark.parametrize(
    ("text", "labels", "message"),
    [
        ("0,1\n1,0\n2,2\n", "x\ny\n", "3 x 2, expected as many rows as columns"),
        ("0,.5\n.4,0\n", "x\ny\n", "0.5 in row 1, column 2 and 0.4 the other way"),
        ("0,nan\nnan,0\n", "x\ny\n", "2 entries that are no numbers"),
        ("0,a\na,0\n", "x\ny\n", "'a' in row 1, column 2, expected a number"),
        ("0,1\n1\n", "x\ny\n", "1 cells in row 2"),
        ("0,1\n1,0\n", "x\nx\n", "1 twice: 'x'"),
        ("0,1\n1,0\n", "x\n", "1 labels, expected 2"),
        ("0,1\n1,0\n", None, "no labels"),
        (",x,y\ny,0,1\nx,1,0\n", None, "a header that is not the first column"),
        ("", "x\n", "0 rows"),
    ],
)
def test_broken_matrices_are_refused(
    tmp_path: Path, text: str, labels: str | None, message: str
) -> None:
    names = None if labels is None else write(tmp_path, "labels.txt", labels)
    with pytest.raises(InvalidInput, match=message):
        read_matrix(write(tmp_path, "m.csv", text), names)


def test_objects_and_cut_files_are_refused(tmp_path: Path) -> None:
    labels = write(tmp_path, "labels.txt", "x\ny\n")
    np.save(tmp_path / "o.npy", np.array([[0, {}], [{}, 0]], dtype=object), allow_pickle=True)
    with pytest.raises(InvalidInput, match=r"o\.npy"):
        read_matrix(tmp_path / "o.npy", labels)
    (tmp_path / "m.csv.gz").write_bytes(gzip.compress(VALUES.encode() * 50)[:-12])
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_matrix(tmp_path / "m.csv.gz", labels)


def test_rows_without_a_region_are_reported(tmp_path: Path) -> None:
    path = write(tmp_path, "m.csv", "z,Lamyg,x\n" + VALUES)
    found = taken(read_matrix(path))
    assert (found.unmatched_rows, found.unmatched_regions) == (("Lamyg",), ("a:2",))
    assert found.pairs == (("a:3", "a:1", 0.25),)
    with pytest.raises(InvalidInput, match="names of regions of a"):
        taken(read_matrix(write(tmp_path, "n.csv", "p,q,r\n" + VALUES)))


def test_a_name_of_two_regions_matches_neither(tmp_path: Path) -> None:
    matrix = read_matrix(write(tmp_path, "m.csv", "x,y,z\n" + VALUES))
    twins = [REGIONS[0], Region("a:2", "2", "x", "left", 0, 0, 0), REGIONS[2]]
    with pytest.raises(InvalidInput, match="twice"):
        match(matrix, "a", REGIONS, source=SOURCE, kind="functional", keys={"extra": "1", "y": "1"})
    found = match(matrix, "a", twins, source=SOURCE, kind="functional")
    assert found.unmatched_rows == ("x", "y")


def test_other_names_come_from_a_table(tmp_path: Path) -> None:
    table = write(tmp_path, "r.tsv", "id\tname\tother\n1\tx\tone\n2\ty\t\n3\tz\tthree\n")
    keys = read_keys(table, "other")
    assert keys == {"one": "1", "three": "3"}
    matrix = read_matrix(write(tmp_path, "m.csv", "three,one,y\n" + VALUES))
    found = match(matrix, "a", REGIONS, source=SOURCE, kind="functional", keys=keys)
    assert found.pairs[0] == ("a:3", "a:1", 0.5)
    with pytest.raises(InvalidInput, match="a column enigma"):
        read_keys(table, "enigma")


def test_the_threshold_is_named_in_the_source(tmp_path: Path) -> None:
    matrix = read_matrix(write(tmp_path, "m.csv", "x,y,z\n" + VALUES))
    found = taken(matrix, threshold=EdgeThreshold(top=1), values="fisher-z")
    assert found.source.id == "m:functional:top1"
    assert "top 1 per region" in found.source.name
    assert "Fisher z stored as correlations" in found.source.name
    assert {(a, b): w for a, b, w in found.pairs} == pytest.approx(
        {("a:1", "a:2"): np.tanh(0.5), ("a:2", "a:3"): np.tanh(-0.75)}
    )


def test_values_are_brought_into_the_range_of_the_coupling() -> None:
    z = np.array([[0, 1.5], [1.5, 0]])
    with pytest.raises(InvalidInput, match="say fisher-z"):
        to_weights(z, "functional", "correlation")
    assert to_weights(z, "functional", "fisher-z").max() < 1
    logs = np.array([[0, -0.5, 0], [-0.5, 0, 3], [0, 3, 0.0]])
    weak = to_weights(logs, "structural", "as-is")
    assert weak[0, 1] == 3 > 0 == weak[0, 2]


def symmetric(seed: int, n: int) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=(n, n)).round(1)
    return check_matrix(values + values.T)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 12), top=st.integers(1, 5))
def test_top_keeps_what_each_region_has_strongest(seed: int, n: int, top: int) -> None:
    matrix = symmetric(seed, n)
    rows, columns = strongest(matrix, EdgeThreshold(top=top))
    kept = set(zip(rows.tolist(), columns.tolist(), strict=True))
    assert all(i < j for i, j in kept)
    for region in range(n):
        strength = np.abs(matrix[region])
        mine = [strength[j if i == region else i] for i, j in kept if region in (i, j)]
        present = np.sort(strength[strength > 0])[::-1][:top]
        assert sorted(mine, reverse=True)[: len(present)] == pytest.approx(present.tolist())


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 12), density=st.floats(0.01, 1))
def test_density_keeps_the_strongest_share(seed: int, n: int, density: float) -> None:
    matrix = symmetric(seed, n)
    rows, columns = strongest(matrix, EdgeThreshold(density=density))
    present = np.abs(matrix[np.triu_indices(n, 1)])
    wanted = min(round(density * len(present)), int((present > 0).sum()))
    kept = np.sort(np.abs(matrix[rows, columns]))
    assert kept.tolist() == np.sort(present)[len(present) - wanted :].tolist()


def test_one_threshold_at_a_time() -> None:
    with pytest.raises(InvalidInput, match="one of them"):
        EdgeThreshold(density=0.1, top=3)


@needs_brain
@pytest.mark.parametrize(("kind", "values"), [("FC", "fisher-z"), ("SC", "as-is")])
def test_enigma_is_matched_by_name(kind: str, values: str) -> None:
    table = BRAIN / "atlases" / "schaefer2018_tian" / "schaefer100_tianS2_regions.tsv"
    with table.open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    regions = [Region(f"s:{r['id']}", r["id"], r["name"], "left", 0, 0, 0) for r in rows]
    matrix = read_matrix(
        ENIGMA / f"{kind}_schaefer100_sctx14.csv.gz", ENIGMA / "labels_schaefer100_sctx14.txt"
    )
    found = match(
        matrix,
        "s",
        regions[::-1],
        source=SOURCE,
        kind="functional" if kind == "FC" else "structural",
        values=values,  # type: ignore[arg-type]
        threshold=EdgeThreshold(top=5),
    )
    assert found.matched == 100
    assert len(found.unmatched_rows) == 14
    assert set(found.unmatched_rows) >= {"Laccumb", "Rthal"}
    assert len(found.unmatched_regions) == 32
    weights = {frozenset(pair[:2]): pair[2] for pair in found.pairs}
    if kind == "FC":  # rows 2 and 8 of the matrix: 1.0631; the regions 34 and 40
        assert weights[frozenset(("s:34", "s:40"))] == pytest.approx(np.tanh(1.0631))
        assert max(abs(w) for w in weights.values()) < 1
    else:
        assert min(weights.values()) > 0


@needs_brain
def test_a_key_column_names_the_regions_of_the_desikan_killiany_atlas() -> None:
    table = next((BRAIN / "atlases" / "desikan_killiany").glob("*regions.tsv"))
    keys = read_keys(table, "enigma_label")
    with table.open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    regions = [Region(f"d:{r['id']}", r["id"], r["name"], "left", 0, 0, 0) for r in rows]
    matrix = read_matrix(ENIGMA / "SC_aparc82.csv.gz", ENIGMA / "labels_aparc82.txt")
    found = match(matrix, "d", regions, source=SOURCE, kind="structural", keys=keys)
    assert (found.matched, found.unmatched_rows) == (82, ())
