"""Reports, clusters and the analysis from the command line."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ingest.nilearn_data import sample_motor_map
from tests.neuroweave.test_cli import Run, answer, run

__all__ = ["run"]

pytestmark = pytest.mark.server


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
