"""Heads trained together learn what each would have learnt alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
import torch
from torch import Tensor

from atlas.errors import InvalidInput
from composer.spec import OPERATORS, FusionLayer, FusionSpec
from training.batched import Head, Shared, prepared, shape, train_heads
from training.features import SlotFeatures
from training.head import HeadSettings, new_head, train_head

SETTINGS = HeadSettings(epochs=6, patience=2, batch=32)


def scenes(n: int, seed: int) -> tuple[SlotFeatures, Tensor]:
    """Two slots; the class shows a little in each."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.arange(n) % 3
    features: SlotFeatures = {}
    for slot in ("eye", "ear"):
        noise = {tap: torch.randn(n, 6, generator=generator) for tap in ("low", "high")}
        hint = torch.nn.functional.one_hot(y, 6)
        features[slot] = {tap: part + hint for tap, part in noise.items()}
        features[slot]["logits"] = torch.randn(n, 3, generator=generator) + hint[:, :3]
    return features, y


@pytest.fixture(scope="module")
def data() -> tuple[Mapping[str, SlotFeatures], Mapping[str, Tensor]]:
    splits = {"train": scenes(90, 0), "validation": scenes(60, 1)}
    return {s: x for s, (x, _) in splits.items()}, {s: y for s, (_, y) in splits.items()}


def spec(operator: str, *taps: tuple[str, str]) -> FusionSpec:
    layers = tuple(FusionLayer(pair, operator, "tanh") for pair in taps)  # type: ignore[arg-type]
    return FusionSpec(("eye", "ear"), ("", ""), "layers", layers, width=8)


@pytest.mark.parametrize("operator", OPERATORS)
def test_each_learns_what_it_would_have_learnt_alone(
    data: tuple[Mapping[str, SlotFeatures], Mapping[str, Tensor]], operator: str
) -> None:
    taps = [("low", "high"), ("high", "low"), ("high", "high"), ("low", "low")]
    check(data, [spec(operator, pair, taps[0]) for pair in taps[1:]])


@pytest.mark.parametrize("operator", OPERATORS)
def test_so_do_trees(
    data: tuple[Mapping[str, SlotFeatures], Mapping[str, Tensor]], operator: str
) -> None:
    features, labels = data
    three = {split: {**slots, "skin": slots["eye"]} for split, slots in features.items()}
    layers = [FusionLayer(("low", tap, "high"), operator, "tanh") for tap in ("low", "high")]  # type: ignore[arg-type]
    names, tree = ("eye", "ear", "skin"), (("eye", "ear"), "skin")
    check((three, labels), [
        FusionSpec(names, ("", "", ""), "layers", (layer, layers[0]), width=8, tree=tree)
        for layer in layers
    ])  # fmt: skip


def test_so_does_stacking_beside_layers_that_read_the_same(
    data: tuple[Mapping[str, SlotFeatures], Mapping[str, Tensor]],
) -> None:
    shared: Shared = {}
    check(data, [spec("concat", ("logits", "logits"))], shared)
    check(data, [FusionSpec(("eye", "ear"), ("", ""), "stacking")], shared)


def check(
    data: tuple[Mapping[str, SlotFeatures], Mapping[str, Tensor]],
    specs: Sequence[FusionSpec],
    shared: Shared | None = None,
) -> None:
    """Train them together and one by one."""
    features, labels = data
    shared = {} if shared is None else shared
    heads = [
        prepared(new_head(one, features, 3, seed), features, shared)
        for seed, one in enumerate(specs)
    ]
    found = train_heads(heads, labels, SETTINGS)
    for seed, (one, together, (value, epochs)) in enumerate(zip(specs, heads, found, strict=True)):
        watched: list[int] = []
        alone, expected = train_head(
            one, features, labels, classes=3, seed=seed, settings=SETTINGS,
            watch=lambda epoch, _, seen=watched: seen.append(epoch),
        )  # fmt: skip
        assert value == pytest.approx(expected, abs=1 / 60 + 1e-9)  # one sample on the edge
        assert epochs == len(watched)
        theirs = together.head.state_dict()
        for name, tensor in alone.state_dict().items():
            assert torch.allclose(tensor, theirs[name], atol=1e-4), name
        assert not together.head.training


def test_other_shapes_do_not_go_together(
    data: tuple[Mapping[str, SlotFeatures], Mapping[str, Tensor]],
) -> None:
    features, labels = data

    def head(one: FusionSpec) -> Head:
        return prepared(new_head(one, features, 3, 0), features, {})

    plain = head(spec("sum", ("low", "high")))
    others = [
        head(spec("concat", ("low", "high"))),
        head(spec("sum", ("low", "logits"))),
        head(spec("sum", ("low", "high"), ("low", "high"))),
    ]
    assert len({shape(one.head) for one in [plain, *others]}) == 4
    with pytest.raises(InvalidInput, match="heads of one shape"):
        train_heads([plain, others[0]], labels, SETTINGS)
    with pytest.raises(InvalidInput, match="heads: found 0 heads"):
        train_heads([], labels, SETTINGS)
