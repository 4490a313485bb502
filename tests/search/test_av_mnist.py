from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from atlas.errors import InvalidInput
from search.av_mnist.cells import (
    NETS,
    NOISY,
    PAIRS,
    PAPER,
    Cell,
    Measurement,
    Scale,
    branch_name,
    fusion_name,
)
from search.av_mnist.page import TABLE_7, TABLE_8, TRIVIAL, page
from search.av_mnist.parallel import measure
from search.av_mnist.structure import PAPER as STRUCTURES
from search.av_mnist.structure import convolutions
from tests.training.test_av_mnist import little

SCALE = Scale(48, 6, 12, epochs=1, trials=1, sampler="random", noise=2.0)
COLUMNS = ("visual", "auditory", *TRIVIAL, "searched", "result")


def made_up(kept: float, trivial: float) -> dict[str, Cell]:
    """Cells of two seeds: kept networks of one accuracy, trivial ones of another."""
    values = {name: trivial for name in COLUMNS} | {"result": kept}
    cells: dict[str, Cell] = {}
    for setting in (PAPER, NOISY):
        for seed, shift in enumerate((0.0, 0.01)):
            for modality, net in TABLE_7:
                cells[branch_name(setting, seed, modality, net)] = {"test": trivial + shift}
            for pair in PAIRS:
                test = values | {"result": kept + shift}
                cells[fusion_name(setting, seed, *pair)] = {
                    "validation": values, "test": test,
                    "missing": {"visual": 0.3, "auditory": 0.4},
                }  # fmt: skip
    return cells


@pytest.mark.parametrize("net", NETS)
def test_networks_have_the_convolutions_of_table_6(net: str) -> None:
    assert convolutions(net) == STRUCTURES[net]


def test_the_page_says_where_the_search_wins() -> None:
    text = page(made_up(0.8, 0.7), SCALE, {PAPER: "ab" * 32})
    assert set(TABLE_8) == set(PAIRS)
    assert "below the best trivial one in 0 of 24 searches" in text
    assert (
        "- kept: better in 24, equal in 0, worse in 0; on average +10.50 ± 0.71 points. It wins"
        in text
    )
    assert "| LeNet3 × LeNet5 | 95.45 | 70.00 ± 0.00 |" in text
    assert "| image | LeNet3 | 52.52 ± 0.24 | 70.50 ± 0.71 |" in text
    assert "This is a small version" in text


def test_the_page_says_where_the_search_does_not_win() -> None:
    text = page(made_up(0.6, 0.7), SCALE, {})
    assert "below the best trivial one in 24 of 24 searches" in text
    assert "**It does not win by more than the standard deviation.**" in text


def test_what_is_not_measured_yet_is_a_dash() -> None:
    text = page({}, SCALE, {})
    assert "| LeNet3 × LeNet5 | 95.45 | — |" in text
    assert "Nothing measured yet." in text


def test_a_scale_is_checked() -> None:
    with pytest.raises(InvalidInput, match="epochs"):
        replace(SCALE, epochs=0)
    with pytest.raises(InvalidInput, match="sampler"):
        replace(SCALE, sampler="luck")


@pytest.mark.slow
def test_two_processes_measure_what_one_does(tmp_path: Path) -> None:
    alone = Measurement(tmp_path / "one", little(1), SCALE, lambda message, fraction: None)
    alone.run(1, settings=(PAPER,))
    said: list[float] = []
    shared = measure(
        tmp_path / "two", little(1), SCALE, 1, settings=(PAPER,), minutes=None, processes=2,
        say=lambda message, fraction: said.append(fraction),
    )  # fmt: skip
    assert said[-1] == 1
    assert {name: cell["test"] for name, cell in shared.cells().items()} == {
        name: cell["test"] for name, cell in alone.cells().items()
    }


@pytest.mark.slow
def test_cells_that_are_there_are_not_measured_again(tmp_path: Path) -> None:
    said: list[str] = []
    sources = little(1)
    measured = Measurement(tmp_path, sources, SCALE, lambda message, _: said.append(message))
    measured.run(1)
    cells = measured.cells()
    assert len(said) == len(cells) == 2 * (2 * len(NETS) + len(PAIRS))
    for pair in PAIRS:
        found = cells[fusion_name(NOISY, 0, *pair)]["validation"]
        assert found["result"] >= max(found[name] for name in TRIVIAL)
    first = measured.folder / f"{fusion_name(PAPER, 0, *PAIRS[0])}.json"
    first.unlink()
    again = Measurement(tmp_path, sources, SCALE, lambda message, _: said.append(message))
    again.run(1)
    assert said[len(cells) :] == [first.stem]
    same = ("validation", "test", "missing", "spec")
    assert [again.cells()[first.stem][key] for key in same] == [
        cells[first.stem][key] for key in same
    ]
