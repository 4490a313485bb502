from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.errors import InvalidInput
from composer.fusion import FusionHead
from composer.operators import NONLINEARITY, OPERATOR, TreeJoin
from composer.spec import NONLINEARITIES, OPERATORS, FusionLayer, FusionSpec, Tree

VOTE = "sum_log_prob"
TAPS = {"conv1": 6, "conv2": 8, "logits": 4}
SLOTS = ("visual.shape", "auditory", "language")
WIDTHS = {slot: {tap: width + i for tap, width in TAPS.items()} for i, slot in enumerate(SLOTS)}
WIDTHS = {slot: widths | {"logits": 4} for slot, widths in WIDTHS.items()}


def vectors(
    n: int, slots: tuple[str, ...] = SLOTS, seed: int = 0
) -> dict[str, dict[str, torch.Tensor]]:
    generator = torch.Generator().manual_seed(seed)
    return {
        slot: {
            tap: torch.randn(n, width, generator=generator) for tap, width in WIDTHS[slot].items()
        }
        for slot in slots
    }


def spec_of(slots: tuple[str, ...], kind: str, *layers: FusionLayer) -> FusionSpec:
    return FusionSpec(slots, tuple("" for _ in slots), kind, layers, width=16)  # type: ignore[arg-type]


@st.composite
def specs(draw: st.DrawFn) -> FusionSpec:
    slots = SLOTS[: draw(st.integers(1, 3))]
    kinds = ["sum_log_prob", "late_concat", "stacking", "layers"] + ["single"] * (len(slots) == 1)
    kind = draw(st.sampled_from(kinds))
    layer = st.builds(
        FusionLayer,
        st.tuples(*(st.sampled_from(list(TAPS)) for _ in slots)),
        st.sampled_from(OPERATORS),
        st.sampled_from(NONLINEARITIES),
    )
    layers = draw(st.lists(layer, min_size=1, max_size=4)) if kind == "layers" else []
    nested: Tree = slots if len(slots) < 3 else (slots[2], slots[:2])
    return replace(spec_of(slots, kind, *layers), tree=draw(st.sampled_from([None, nested])))


def test_every_operator_and_nonlinearity_of_the_spec_is_built() -> None:
    assert tuple(OPERATOR) == OPERATORS
    assert tuple(NONLINEARITY) == NONLINEARITIES


@settings(max_examples=60, deadline=None)
@given(spec=specs(), n=st.integers(1, 4))
def test_every_legal_spec_gives_log_probabilities(spec: FusionSpec, n: int) -> None:
    assert FusionSpec.from_dict(spec.to_dict()) == spec
    head = FusionHead(WIDTHS, 4, spec, seed=1)
    out = head(vectors(n, spec.slots))
    assert out.shape == (n, 4)
    assert torch.allclose(out.exp().sum(dim=1), torch.ones(n), atol=1e-5)
    again = FusionHead(WIDTHS, 4, spec, seed=1)(vectors(n, spec.slots))
    assert torch.equal(out, again)


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_part_and_the_layer_before_matter(operator: str) -> None:
    slots = SLOTS[:2]
    layers = [
        FusionLayer(("conv1", "conv2"), operator, "tanh"),  # type: ignore[arg-type]
        FusionLayer(("conv2", "logits"), operator, "identity"),  # type: ignore[arg-type]
    ]
    head = FusionHead(WIDTHS, 4, spec_of(slots, "layers", *layers), seed=2)
    features = vectors(5, slots)
    before = head(features)
    for slot, tap in head.order:
        changed = {s: dict(taps) for s, taps in features.items()}
        changed[slot][tap] = changed[slot][tap] + 1
        assert not torch.allclose(head(changed), before), (slot, tap)
    unused = {s: dict(taps) for s, taps in features.items()}
    unused[slots[0]]["logits"] = unused[slots[0]]["logits"] + 1
    assert torch.equal(head(unused), before)


@pytest.mark.parametrize("operator", OPERATORS)
def test_all_weights_learn(operator: str) -> None:
    layer = FusionLayer(("conv1", "conv2"), operator, "leaky_relu")  # type: ignore[arg-type]
    head = FusionHead(WIDTHS, 4, spec_of(SLOTS[:2], "layers", layer, layer))
    head(vectors(8, SLOTS[:2]))[:, 0].sum().backward()
    assert all(p.grad is not None and bool(p.grad.any()) for p in head.parameters())


def test_sum_of_log_probabilities_is_the_product_of_the_votes() -> None:
    features = vectors(3)
    out = FusionHead(WIDTHS, 4, spec_of(SLOTS, "sum_log_prob"))(features)
    product = torch.stack([features[slot]["logits"].softmax(1) for slot in SLOTS]).prod(0)
    assert torch.allclose(out.exp(), product / product.sum(1, keepdim=True), atol=1e-6)
    one = FusionHead(WIDTHS, 4, spec_of(SLOTS[:1], "single"))(features)
    assert torch.allclose(one, features[SLOTS[0]]["logits"].log_softmax(1))


def test_a_committee_is_the_mean_of_its_members() -> None:
    layer = FusionLayer(("conv1",) * 3, "gated", "tanh")
    specs = [spec_of(SLOTS, "late_concat"), spec_of(SLOTS, "layers", layer), spec_of(SLOTS, VOTE)]
    heads = [FusionHead(WIDTHS, 4, spec, seed=n) for n, spec in enumerate(specs)]
    features = vectors(5)
    whole = FusionHead.committee(heads)
    mean = torch.stack([head(features) for head in heads]).mean(0)
    assert torch.allclose(whole(features), mean.log_softmax(1), atol=1e-6)
    assert FusionSpec.from_dict(whole.spec.to_dict()) == whole.spec
    assert whole.spec.taps() == {slot: ["conv1"] for slot in SLOTS}

    stored = FusionHead.shape_only(WIDTHS, 4, whole.spec)
    stored.load_state_dict(whole.state_dict(), strict=True, assign=True)
    assert torch.equal(stored(features), whole(features))

    partial = {slot: features[slot] for slot in SLOTS[1:]}
    votes = FusionHead(WIDTHS, 4, spec_of(SLOTS[1:], VOTE))(partial)
    assert torch.equal(whole(partial), votes)


def test_kinds_without_weights_have_none() -> None:
    for kind, slots in (("single", SLOTS[:1]), ("sum_log_prob", SLOTS)):
        assert FusionHead(WIDTHS, 4, spec_of(slots, kind)).state_dict() == {}


def test_late_concat_reads_the_last_tap_of_every_slot() -> None:
    head = FusionHead(WIDTHS, 4, spec_of(SLOTS, "late_concat"))
    assert head.order == [(slot, "conv2") for slot in SLOTS]


@pytest.mark.parametrize("kind", ["sum_log_prob", "late_concat", "stacking", "layers"])
def test_without_a_slot_the_others_vote(kind: str) -> None:
    features = vectors(3)
    partial = {slot: features[slot] for slot in SLOTS[:2]}
    layers = [FusionLayer(("conv1",) * 3, "concat", "relu")] if kind == "layers" else []
    head = FusionHead(WIDTHS, 4, spec_of(SLOTS, kind, *layers))
    votes = FusionHead(WIDTHS, 4, spec_of(SLOTS[:2], "sum_log_prob"))(partial)
    assert torch.equal(head(partial), votes)
    with pytest.raises(InvalidInput, match="inputs"):
        head({})


def test_stacking_starts_as_the_sum_of_log_probabilities() -> None:
    features = vectors(6)
    stacked, voted = (FusionHead(WIDTHS, 4, spec_of(SLOTS, kind)) for kind in ("stacking", VOTE))
    assert torch.allclose(stacked(features), voted(features), atol=1e-5)


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_tree_joins_its_leaves_first(operator: str) -> None:
    layer = FusionLayer(("conv1",) * 3, operator, "tanh")  # type: ignore[arg-type]
    flat = spec_of(SLOTS, "layers", layer, layer)
    tree = replace(flat, tree=(SLOTS[1], (SLOTS[0], SLOTS[2])))
    head = FusionHead(WIDTHS, 4, tree)
    first = head.fusions[0]
    assert isinstance(first, TreeJoin)
    assert first.tree == (1, (0, 2))
    inner = first.below["1"][0]
    assert isinstance(inner, TreeJoin)
    assert inner.tree == (0, 2)
    features = vectors(5)
    before = head(features)
    assert not torch.allclose(before, FusionHead(WIDTHS, 4, flat)(features))
    for slot in SLOTS:
        changed = features | {slot: features[slot] | {"conv1": features[slot]["conv1"] + 1}}
        assert not torch.allclose(head(changed), before), slot
    head(features)[:, 0].sum().backward()
    assert all(p.grad is not None and bool(p.grad.any()) for p in head.parameters())


def test_calibration_makes_scales_of_inputs_irrelevant() -> None:
    spec = spec_of(SLOTS, "late_concat")
    features = vectors(50)
    scaled = {s: {t: v * 1000 + 7 for t, v in taps.items()} for s, taps in features.items()}
    heads = []
    for given_features in (features, scaled):
        head = FusionHead(WIDTHS, 4, spec)
        head.calibrate(given_features)
        heads.append(head(given_features))
    assert torch.allclose(heads[0], heads[1], atol=1e-3)


def test_constant_vector_stays_finite() -> None:
    features = vectors(10)
    features["auditory"]["conv2"] = torch.full((10, 9), 3.0)
    head = FusionHead(WIDTHS, 4, spec_of(SLOTS, "late_concat"))
    head.calibrate(features)
    assert bool(torch.isfinite(head(features)).all())


def test_head_leaves_the_global_random_state_alone() -> None:
    before = torch.get_rng_state()
    FusionHead(WIDTHS, 4, spec_of(SLOTS, "late_concat"), seed=3)
    assert torch.equal(torch.get_rng_state(), before)


CONCAT = FusionLayer(("conv1", "conv1"), "concat", "relu")
BAD = [
    (spec_of((), "sum_log_prob"), "slots: found"),
    (spec_of(("nose",), "single"), "slots: found nose"),
    (spec_of(("auditory", "auditory"), "sum_log_prob"), "slots: found"),
    (spec_of(SLOTS[:2], "single"), "exactly one"),
    (spec_of(SLOTS[:2], "layers"), "layers: found 0, expected 1 to 4"),
    (spec_of(SLOTS[:2], "layers", *[CONCAT] * 5), "layers: found 5"),
    (spec_of(SLOTS, "layers", CONCAT), "one for each of"),
    (replace(spec_of(SLOTS, "late_concat"), tree=("auditory", "auditory")), "tree: found"),
    (
        spec_of(SLOTS[:2], "layers", FusionLayer(("conv1", "conv9"), "concat", "relu")),
        r"layers\[0\].taps.auditory: found conv9",
    ),
    (
        spec_of(SLOTS[:2], "layers", FusionLayer(("conv1", "conv1"), "glue", "relu")),  # type: ignore[arg-type]
        r"layers\[0\]: found glue",
    ),
    (spec_of(SLOTS, "committee"), "members: found 0"),
    (replace(spec_of(SLOTS, VOTE), members=(spec_of(SLOTS, VOTE),)), "members: found 1"),
    (
        replace(spec_of(SLOTS, "committee"), members=(spec_of(SLOTS[:2], VOTE),)),
        "members: found sum_log_prob",
    ),
]


@pytest.mark.parametrize(("spec", "message"), BAD)
def test_illegal_specs_are_refused(spec: FusionSpec, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        FusionHead(WIDTHS, 4, spec)
