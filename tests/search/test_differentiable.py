"""The relaxation finds the tap that carries the classes, and says what cutting it down costs."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from atlas.errors import InvalidInput
from search.differentiable import relax
from training.features import SlotFeatures

SLOTS = ("visual", "auditory")
CHECKPOINTS = {"visual": "aa", "auditory": "bb"}
Problem = tuple[dict[str, SlotFeatures], dict[str, Tensor], tuple[str, ...]]


def problem(seed: int = 0, taps: int = 2, noise: float = 0.0) -> Problem:
    """The class is the sign of a sum of two numbers, one in a tap of each slot; all else is noise.

    Returns vectors, classes, and the taps that matter.
    """
    generator = torch.Generator().manual_seed(seed)
    names = [f"block.{number}" for number in range(taps)]
    told = tuple(names[int(torch.randint(taps, (), generator=generator))] for _ in SLOTS)
    features: dict[str, SlotFeatures] = {}
    labels = {}
    for split, size in (("train", 240), ("validation", 120)):
        vectors = {
            slot: {name: torch.randn(size, 4, generator=generator) for name in names}
            for slot in SLOTS
        }
        total = noise * torch.randn(size, generator=generator)
        for slot, tap in zip(SLOTS, told, strict=True):
            total = total + vectors[slot][tap][:, 0]
        labels[split] = (total > 0).long()
        logits = torch.zeros(size, 2)
        features[split] = {slot: {**vectors[slot], "logits": logits} for slot in SLOTS}
    return features, labels, told


@pytest.mark.parametrize(
    ("made", "seed"),
    [
        ({"seed": 0}, 0),
        *(
            pytest.param({"seed": made, "taps": taps, "noise": noise}, seed, marks=pytest.mark.slow)
            for made, taps, noise in ((1, 2, 0.0), (2, 3, 0.0), (3, 4, 0.3))
            for seed in (0, 1, 2)
        ),
    ],
)
def test_it_finds_the_taps_that_matter(made: dict[str, Any], seed: int) -> None:
    features, labels, told = problem(**made)
    found = relax(
        features,
        labels,
        classes=2,
        checkpoints=CHECKPOINTS,
        epochs=20,
        width=16,
        batch=60,
        seed=seed,
    )
    (layer,) = found.spec.layers
    assert layer.taps == told
    assert found.spec.checkpoints == ("aa", "bb")
    assert found.gap == found.mixture - found.cut
    assert found.gap < 0.05
    for shares in found.choices.values():
        assert sum(shares.values()) == pytest.approx(1)


def test_only_what_is_allowed_is_chosen() -> None:
    features, labels, _ = problem()
    found = relax(
        features,
        labels,
        classes=2,
        checkpoints=CHECKPOINTS,
        operators=["sum"],
        nonlinearities=["tanh", "identity"],
        epochs=1,
    )
    assert found.choices["layer1.operator"] == {"sum": 1.0}
    assert found.choices["layer1.nonlinearity"].keys() == {"tanh", "identity"}


def test_same_seed_same_answer_and_the_world_is_left_alone() -> None:
    features, labels, _ = problem()
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    first, again = (
        relax(features, labels, classes=2, checkpoints=CHECKPOINTS, depth=2, epochs=2, width=4)
        for _ in range(2)
    )
    assert first == again
    assert len(first.spec.layers) == 2
    assert torch.rand(1) == expected


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"depth": 5}, "depth"),
        ({"epochs": 0}, "epochs"),
        ({"operators": []}, "operators"),
        ({"checkpoints": {}}, "checkpoints"),
        ({"checkpoints": {"olfactory": "cc"}}, "features.olfactory"),
    ],
)
def test_senseless_input_is_named(options: dict[str, object], field: str) -> None:
    features, labels, _ = problem()
    with pytest.raises(InvalidInput) as error:
        relax(features, labels, **{"classes": 2, "checkpoints": CHECKPOINTS, **options})  # type: ignore[arg-type]
    assert error.value.field == field
