"""The command line on the embedded database, as a new user runs it."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from graph.config import StoreConfig
from graph.store import Store
from ingest.nilearn_data import sample_motor_map
from neuroweave import cli

pytestmark = pytest.mark.server

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cli")


@pytest.fixture(scope="module")
def filled(home: Path) -> Iterator[subprocess.CompletedProcess[str]]:
    """What a new user's first call says; its database stays open for those that follow."""
    first = subprocess.run(
        [sys.executable, "-P", "-m", "neuroweave", "atlas", "list", "--json"],
        capture_output=True,
        text=True,
        cwd=home,
        env={**os.environ, "NEUROWEAVE_HOME": str(home)},
    )
    with Store.open(StoreConfig(home)):
        yield first


@pytest.fixture(scope="module")
def run(home: Path, filled: subprocess.CompletedProcess[str]) -> Run:
    """``neuroweave …`` in this process, in the data directory that the first call has filled."""

    def call(*words: str, **extra: str) -> subprocess.CompletedProcess[str]:
        out, err = StringIO(), StringIO()
        with (
            pytest.MonkeyPatch.context() as patch,
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            patch.chdir(home)
            patch.setattr(sys, "argv", ["neuroweave", *words])
            for name, value in {"NEUROWEAVE_HOME": str(home), **extra}.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as end:
                cli.main()
        code = int(end.value.code or 0)
        return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())

    return call


def answer(run: Run, *words: str) -> Any:  # noqa: ANN401 - any JSON
    found = run(*words, "--json")
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


def test_atlases_come_with_the_first_call(filled: subprocess.CompletedProcess[str]) -> None:
    assert filled.returncode == 0, filled.stderr
    items = json.loads(filled.stdout)["items"]
    assert {item["id"] for item in items} == {"dosenbach160", "seitzman300"}


@pytest.mark.parametrize("atlas", ["dosenbach160", "seitzman300"])
@pytest.mark.parametrize(("sign", "side"), [("positive", "right"), ("negative", "left")])
def test_each_hand_moves_the_other_hemisphere(run: Run, atlas: str, sign: str, side: str) -> None:
    words = ("activate", "--map", str(sample_motor_map()), "--sign", sign, "--atlas", atlas)
    found = answer(run, *words)
    assert set(found) >= {"atlas", "space", "regions", "outside", "functions", "areas", "models"}
    cortex = [
        r for r in found["regions"] if r["hemisphere"] in ("left", "right") and r["peak"]["z"] > 20
    ]
    assert cortex[0]["hemisphere"] == side
    leading = sum(r["weight"] for r in cortex if r["hemisphere"] == side)
    assert leading > 0.8 * sum(r["weight"] for r in cortex)
    assert found["functions"][0]["id"].startswith(("action.execution", "perception.somesthesis"))
    assert found["functions"][0]["claims"]
    assert 0 < found["outside"]["share"] < 1


def test_a_motor_map_calls_for_no_network(run: Run) -> None:
    found = run("build", "--map", str(sample_motor_map()))
    assert found.returncode == 2
    assert "no functional area" in found.stderr


def test_the_scenario_activates_both_senses(run: Run) -> None:
    plan = answer(run, "plan", "--scenario", "audio-visual")
    slots = {slot["area"]: slot for slot in plan["slots"]}
    assert set(slots) == {"visual", "auditory"}
    assert all(slot["candidates"] and slot["because"] for slot in slots.values())
    assert plan["coupling"][0]["value"] > 0
    assert "not measured" in plan["coupling_basis"]
    assert [row["area"] for row in plan["excluded"]]


def test_without_the_auditory_peaks_there_is_no_auditory_slot(run: Run, tmp_path: Path) -> None:
    (row,) = answer(
        run,
        "cypher",
        "MATCH (s:Scenario {id: 'audio-visual'}) RETURN s.peaks AS peaks",
    )["rows"]
    peaks = json.loads(row[0])
    table = tmp_path / "peaks.tsv"
    kept = [p for p in peaks if p["name"] != "superior temporal"]
    assert len(kept) < len(peaks)
    rows = ["x\ty\tz", *(f"{p['x']}\t{p['y']}\t{p['z']}" for p in kept)]
    table.write_text("\n".join(rows) + "\n")
    plan = answer(run, "plan", "--peaks", str(table))
    assert [slot["area"] for slot in plan["slots"]] == ["visual"]


def test_locate_names_region_and_nearest(run: Run) -> None:
    found = answer(run, "locate", "-39", "-28", "58")
    assert found["region"] is None
    assert found["nearest"]["distance_mm"] > 0
    assert found["space"] == "MNI152"


def test_negative_numbers_stand_before_and_after_options(run: Run) -> None:
    found = answer(run, "locate", "-24", "-4", "-18.5", "--atlas", "dosenbach160")
    assert found["nearest"]["id"] == "dosenbach160:61"
    assert found == answer(run, "locate", "--atlas", "dosenbach160", "-24", "-.4e1", "-18.5")
    refused = run("locate", "-24", "-4", "-18.5", "--atlsa", "dosenbach160")
    assert refused.returncode == 2
    assert "--atlsa" in refused.stderr


def test_what_a_query_finds_as_files(run: Run, tmp_path: Path) -> None:
    query = "MATCH (r:Region)-[:PART_OF]->(:Atlas {id: 'dosenbach160'}) RETURN r LIMIT 3"
    for name in ("q.csv", "q.graphml", "q.nii.gz", "q.zip"):
        out = tmp_path / name
        found = answer(run, "cypher", query, "--out", str(out))
        assert (found["rows"], found["truncated"]) == (3, False)
        assert out.stat().st_size == found["bytes"] > 0
    refused = run("cypher", "RETURN 1 AS n", "--out", str(tmp_path / "n.graphml"))
    assert refused.returncode == 2
    assert "regions" in refused.stderr
    assert not (tmp_path / "n.graphml").exists()


def test_cypher_reads_and_never_writes(run: Run) -> None:
    found = answer(run, "cypher", "MATCH (a:Atlas) RETURN a.id AS id ORDER BY id")
    assert found["fields"] == ["id"]
    assert found["rows"] == [["dosenbach160"], ["seitzman300"]]
    assert found["truncated"] is False
    refused = run("cypher", "CREATE (n:Evil) RETURN n")
    assert refused.returncode == 2
    assert refused.stderr.startswith("error:")


def test_lists_have_items_and_next(run: Run) -> None:
    for words in (
        ("claims", "list", "--limit", "3"),
        ("link", "show", "--function", "perception.audition"),
        ("models", "list"),
        ("history",),
        ("scenario", "list"),
        ("jobs", "list"),
    ):
        found = answer(run, *words)
        assert set(found) == {"items", "next"}, words


def test_importing_again_changes_nothing(run: Run) -> None:
    answer(run, "atlas", "import", "builtin")
    report = answer(run, "atlas", "import", "builtin")
    assert all(counts["created"] == counts["changed"] == 0 for counts in report.values())


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("activate", "--scenario", "no-such"), "scenario"),
        (("activate", "--scenario", "audio-visual", "--atlas", "aal"), "atlas"),
        (("activate", "--regions", "Broca's area"), "regions"),
        (("activate", "--functions", "perception.telepathy"), "perception.telepathy"),
        (("locate", "0", "0", "1000"), "1000"),
        (("locate", "0", "0", "0", "--space", "MNI305"), "space"),
        (("build", "--scenario", "audio-visual", "--dataset", "mnist"), "dataset"),
        (("build", "--scenario", "audio-visual", "--sampler", "magic"), "sampler"),
        (("build", "--scenario", "audio-visual", "--pruner", "shears"), "asha, median, none"),
        (("build", "--scenario", "audio-visual", "--minimize", "memory"), "parameters, latency_ms"),
        (("build", "--scenario", "audio-visual", "--pick", "2"), "pick"),
        (("build", "--scenario", "audio-visual", "--size", "0"), "sizes"),
        (("build", "--scenario", "audio-visual", "--optimizer", "lion"), "adamw, sgd"),
        (("models", "show", "resnet-9000"), "model"),
    ],
)
def test_mistakes_exit_with_2_and_name_the_field(
    run: Run, words: tuple[str, ...], named: str
) -> None:
    found = run(*words)
    assert found.returncode == 2, found.stderr
    assert named in found.stderr
    assert "Traceback" not in found.stderr


def test_an_unusable_directory_is_named(run: Run, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a directory")
    found = run("stats", NEUROWEAVE_HOME=str(blocked))
    assert found.returncode == 1
    assert str(blocked) in found.stderr
    assert "Traceback" not in found.stderr


def test_overlaps_of_two_atlases_are_stored_once(run: Run) -> None:
    words = ("atlas", "overlap", "dosenbach160", "seitzman300", "--least", "0.5", "--store")
    found = answer(run, *words)
    assert found["stored"]["created"] == len(found["items"]) > 10
    assert all(max(row["inside"], row["contains"]) >= 0.5 for row in found["items"])
    assert answer(run, *words)["stored"]["unchanged"] == len(found["items"])


def test_a_matrix_makes_the_exported_network(run: Run, tmp_path: Path) -> None:
    names = ["vmPFC 1", "aPFC 2", "aPFC 3", "Laccumb"]
    rows = ["0,.5,.4,.9", ".5,0,.3,.9", ".4,.3,0,.9", ".9,.9,.9,0"]
    matrix = tmp_path / "fc.csv"
    matrix.write_text("\n".join([",".join(names), *rows]))
    words = ["connections", "import", str(matrix), "--atlas", "dosenbach160"]
    words += ["--kind", "functional", "--top", "1"]
    dry = answer(run, *words, "--dry-run")
    assert (dry["matched"], dry["unmatched_rows"], dry["connections"]) == (3, ["Laccumb"], 2)
    assert answer(run, "connections", "list")["items"] == []
    assert answer(run, *words)["created"] == 2
    assert answer(run, *words)["unchanged"] == 2
    (item,) = answer(run, "connections", "list")["items"]
    assert (item["source"], item["strongest"]) == ("fc:functional:top1", 0.5)
    out = tmp_path / "net.graphml"
    answer(run, "export", "--regions", ",".join(names[:3]), "--atlas", "dosenbach160",
           "--out", str(out))  # fmt: skip
    import networkx as nx

    graph = nx.read_graphml(out)
    assert nx.number_of_edges(graph) == 2
    assert graph.nodes["dosenbach160:1"]["degree"] == 2
    assert run("connections", "import", str(matrix), "--atlas", "dosenbach160",
               "--kind", "functional", "--top", "1", "--density", ".1").returncode == 2  # fmt: skip


@pytest.mark.slow
def test_report_and_figure(run: Run, tmp_path: Path) -> None:
    page, figure = tmp_path / "report.html", tmp_path / "brain.svg"
    words = ("activate", "--map", str(sample_motor_map()), "--atlas", "dosenbach160")
    found = run(*words, "--report", str(page), "--figure", str(figure))
    assert found.returncode == 0, found.stderr
    text = page.read_text()
    assert "Hand and finger movement" in text
    assert "neuroweave activate --map" in text
    assert figure.read_text().startswith("<?xml")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["brain.svg", "report.html"]
    refused = run(*words, "--figure", str(tmp_path / "brain.gif"))
    assert refused.returncode == 2
    assert ".png or .svg" in refused.stderr


def test_clusters(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "clusters.csv"
    words = ("clusters", str(sample_motor_map()), "--atlas", "dosenbach160", "--threshold", "4")
    found = answer(run, *words, "--csv", str(table))
    assert {cluster["sign"] for cluster in found["clusters"]} == {"positive", "negative"}
    rows = list(csv.DictReader(table.open()))
    assert len(rows) == sum(len(cluster["peaks"]) for cluster in found["clusters"])
    assert rows[0]["cluster"] == "1"


def test_analysis(run: Run, tmp_path: Path) -> None:
    figure = tmp_path / "analysis.png"
    words = ("atlas", "analyse", "dosenbach160", "--permutations", "200")
    found = answer(run, *words, "--figure", str(figure))
    assert figure.read_bytes().startswith(b"\x89PNG")
    rows = {row["function"]: row for row in found["functions"]}
    assert rows["perception.audition"]["z"] < -3  # the auditory regions lie together
    assert len(found["cover"]["groups"]) == 4
    wrong = run("atlas", "analyse", "dosenbach160", "--source", "nobody")
    assert wrong.returncode == 2
    assert "neuroquery" in wrong.stderr.lower()
