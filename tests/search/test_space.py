"""Every combination of genes is a legal network; networks that are the same share a hash."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.errors import InvalidInput
from composer.spec import FusionLayer, FusionSpec
from search.samplers.genes import draw
from search.space import FusionSpace, SlotOptions, architecture

VISUAL = SlotOptions("visual", [("v3", ["a", "b", "c"]), ("v5", ["a", "b", "c", "d", "e"])])
AUDITORY = SlotOptions("auditory", [("s1", ["only"]), ("s4", ["p", "q", "r", "s"])])


def space(*slots: SlotOptions, depth: int = 4) -> FusionSpace:
    return FusionSpace.from_slots(slots or (VISUAL, AUDITORY), depth)


def genes(fusion: FusionSpace, seed: int) -> dict[str, Any]:
    rng = random.Random(seed)
    return {name: draw(d, rng) for name, d in fusion.distributions.items()}


def assert_legal(fusion: FusionSpace, spec: FusionSpec) -> None:
    assert spec.kind == "layers"
    assert spec.slots == fusion.names
    assert 1 <= len(spec.layers) <= fusion.max_depth
    for options, checkpoint in zip(fusion.slots, spec.checkpoints, strict=True):
        index = fusion.names.index(options.slot)
        assert {layer.taps[index] for layer in spec.layers} <= set(options.taps(checkpoint))


@given(seed=st.integers(), single=st.booleans())
@settings(deadline=None)
def test_genes_decode_to_legal_networks_and_back(seed: int, single: bool) -> None:
    fusion = space(AUDITORY) if single else space()
    spec = fusion.decode(genes(fusion, seed))
    assert_legal(fusion, spec)
    encoded = fusion.encode(spec)
    assert fusion.decode(encoded) == spec
    for name, distribution in fusion.distributions.items():
        assert distribution._contains(distribution.to_internal_repr(encoded[name]))


@given(seed=st.integers())
def test_genes_beyond_the_depth_change_nothing(seed: int) -> None:
    fusion = space()
    one, other = genes(fusion, seed), genes(fusion, seed + 1)
    mixed = {
        name: value if not name.startswith("layer") or int(name[5]) <= one["depth"] else other[name]
        for name, value in one.items()
    }
    assert architecture(fusion.decode(mixed)) == architecture(fusion.decode(one))


MADE = [
    {"structure": "lenet", "size": 0.5, "optimizer": "adamw"},
    {"structure": "lenet", "size": 0.5, "optimizer": "sgd"},
    {"structure": "lenet", "size": 4.0, "optimizer": "adamw"},
    {"structure": "published", "size": 1.0, "optimizer": "adamw"},
]
VARIED = SlotOptions("visual", [(sha256, ["a", "b"]) for sha256 in "klmn"], MADE)


@given(seed=st.integers())
def test_structure_size_and_optimizer_are_genes_and_all_their_combinations_legal(seed: int) -> None:
    fusion = space(VARIED, AUDITORY)
    names = {name for name in fusion.distributions if name.endswith(".visual")}
    assert {"structure.visual", "size.visual", "optimizer.visual"} <= names
    assert "checkpoint.visual" not in names
    params = genes(fusion, seed)
    spec = fusion.decode(params)
    assert_legal(fusion, spec)
    encoded = fusion.encode(spec)
    assert fusion.decode(encoded) == spec
    made = MADE["klmn".index(spec.checkpoints[0])]
    assert {name: encoded[f"{name}.visual"] for name in made} == made
    assert made["structure"] == params["structure.visual"], "the last to be repaired"


@pytest.mark.parametrize(
    ("wanted", "nearest"),
    [
        (("lenet", 0.5, "sgd"), "l"),
        (("lenet", 1.0, "sgd"), "l"),  # a half is as near as a double, and four is farther
        (("lenet", 4.0, "sgd"), "m"),
        (("published", 0.5, "sgd"), "n"),
    ],
)
def test_what_there_is_not_is_repaired_to_the_nearest(
    wanted: tuple[str, float, str], nearest: str
) -> None:
    names = ("structure", "size", "optimizer")
    assert VARIED.nearest(dict(zip(names, wanted, strict=True))) == nearest


def test_every_tap_of_every_candidate_can_be_reached() -> None:
    fusion = space(depth=1)
    reached = set()
    for gene in range(5):
        for checkpoint in ("v3", "v5"):
            params = {**genes(fusion, 0), "checkpoint.visual": checkpoint}
            params["layer1.tap.visual"] = gene
            reached.add((checkpoint, fusion.decode(params).layers[0].taps[0]))
    assert reached == {("v3", t) for t in "abc"} | {("v5", t) for t in "abcde"}


def test_enumeration_has_each_network_once() -> None:
    fusion = FusionSpace.from_slots(
        [AUDITORY], 2, widths=[32], operators=["concat", "sum"], nonlinearities=["relu"]
    )
    hashes = [architecture(spec) for spec in fusion.specs()]
    # s1: 1 tap, s4: 4 taps, two operators: 2 + 2^2 and 8 + 8^2 networks.
    assert len(hashes) == len(set(hashes)) == 2 + 4 + 8 + 64
    for spec in islice(space().specs(), 100):
        assert_legal(space(), spec)


def test_the_hash_sees_everything_that_matters_and_nothing_else() -> None:
    layer = FusionLayer(("a", "p"), "concat", "relu")
    spec = FusionSpec(("visual", "auditory"), ("v3", "s4"), "layers", (layer,), 64)
    others = [
        replace(spec, width=32),
        replace(spec, checkpoints=("v5", "s4")),
        replace(spec, layers=(layer, layer)),
        replace(spec, layers=(replace(layer, operator="sum"),)),
        replace(spec, layers=(replace(layer, nonlinearity="tanh"),)),
        replace(spec, kind="late_concat", layers=()),
        replace(spec, kind="sum_log_prob", layers=()),
    ]
    assert len({architecture(s) for s in [spec, *others]}) == 8
    assert architecture(FusionSpec.from_dict(spec.to_dict())) == architecture(spec)


def test_fingerprint_tells_spaces_apart() -> None:
    spaces = [space(), space(depth=3), space(VISUAL), space(AUDITORY, VISUAL)]
    renamed = SlotOptions("visual", [("v3", ["a", "b", "x"]), VISUAL.candidates[1]])
    spaces.append(space(renamed, AUDITORY))
    spaces.append(space(VARIED))
    swapped = [MADE[1], MADE[0], *MADE[2:]]
    spaces.append(space(replace(VARIED, genes=swapped)))
    assert len({fusion.fingerprint() for fusion in spaces}) == 7
    assert space().fingerprint() == space().fingerprint()


@pytest.mark.parametrize(
    ("slots", "options", "field"),
    [
        ([], {}, "slots"),
        ([VISUAL, VISUAL], {}, "slots"),
        ([SlotOptions("result", [("v3", ["a"])])], {}, "slots"),
        ([SlotOptions("visual", [])], {}, "slots.visual"),
        ([replace(VARIED, genes=MADE[1:])], {}, "slots.visual"),
        ([SlotOptions("visual", [("v3", [])])], {}, "slots.visual"),
        ([VISUAL], {"max_depth": 5}, "max_depth"),
        ([VISUAL], {"max_depth": 0}, "max_depth"),
        ([VISUAL], {"operators": []}, "operators"),
    ],
)
def test_impossible_spaces_are_refused(
    slots: list[SlotOptions], options: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        FusionSpace.from_slots(slots, **options)
    assert error.value.field == field


def test_three_slots_may_be_joined_along_a_tree() -> None:
    third = SlotOptions("language", [("w1", ["u", "v"])])
    tree = ("language", ("visual", "auditory"))
    fusion = FusionSpace.from_slots((VISUAL, AUDITORY, third), 1, tree=tree)
    seen = set()
    for seed in range(20):
        spec = fusion.decode(genes(fusion, seed))
        seen.add(spec.tree)
        assert fusion.decode(fusion.encode(spec)) == spec
        assert FusionSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
    assert seen == {None, tree}
    flat = replace(spec, tree=None)
    assert architecture(flat) != architecture(replace(flat, tree=tree))
    assert {one.tree for one in islice(fusion.specs(), 2)} == seen
    assert fusion.fingerprint() != space(VISUAL, AUDITORY, third, depth=1).fingerprint()
    pair = FusionSpace.from_slots((VISUAL, AUDITORY), 1, tree=("visual", "auditory"))
    assert pair.distributions.keys() == space(depth=1).distributions.keys()
    with pytest.raises(InvalidInput, match="tree"):
        FusionSpace.from_slots((VISUAL, AUDITORY), 1, tree=("visual", "language"))
