"""The relaxation finds the tap that carries the classes, and says what cutting it down costs."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from atlas.errors import InvalidInput
from search.differentiable import relax
from training.features import SlotFeatures


def problem() -> tuple[dict[str, SlotFeatures], dict[str, Tensor]]:
    """Two slots; the class is the sign of a sum of two numbers, one in a tap of each slot."""
    generator = torch.Generator().manual_seed(0)
    features: dict[str, SlotFeatures] = {}
    labels = {}
    for split, size in (("train", 240), ("validation", 120)):
        vectors = {
            (slot, tap): torch.randn(size, 4, generator=generator)
            for slot in ("visual", "auditory")
            for tap in ("first", "block.2")
        }
        told = vectors["visual", "block.2"] + vectors["auditory", "first"]
        labels[split] = (told[:, 0] > 0).long()
        logits = torch.zeros(size, 2)
        features[split] = {
            slot: {tap: vectors[slot, tap] for tap in ("first", "block.2")} | {"logits": logits}
            for slot in ("visual", "auditory")
        }
    return features, labels


CHECKPOINTS = {"visual": "aa", "auditory": "bb"}


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2, 3))]
)
def test_the_gap_tells_whether_the_taps_that_matter_were_found(seed: int) -> None:
    features, labels = problem()
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
    assert layer.taps[1] == "first"
    assert found.mixture > 0.85
    assert (layer.taps == ("block.2", "first")) == (found.gap < 0.12)
    assert (layer.taps == ("block.2", "first")) == (found.retrained > 0.85)
    assert found.spec.checkpoints == ("aa", "bb")
    assert found.gap == found.mixture - found.cut
    for shares in found.choices.values():
        assert sum(shares.values()) == pytest.approx(1)


def test_same_seed_same_answer_and_the_world_is_left_alone() -> None:
    features, labels = problem()
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
        ({"checkpoints": {}}, "checkpoints"),
        ({"checkpoints": {"olfactory": "cc"}}, "features.olfactory"),
    ],
)
def test_senseless_input_is_named(options: dict[str, object], field: str) -> None:
    features, labels = problem()
    with pytest.raises(InvalidInput) as error:
        relax(features, labels, **{"classes": 2, "checkpoints": CHECKPOINTS, **options})  # type: ignore[arg-type]
    assert error.value.field == field
