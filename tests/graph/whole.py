"""A graph with a record of every kind, for tests of the whole content."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np

from atlas.activation import Peak, Scenario
from atlas.matrix import EvidenceMatrix
from atlas.model import Atlas, Region, Source
from atlas.overlap import Overlap
from graph import (
    atlases,
    changes,
    checkpoints,
    claims,
    comments,
    compositions,
    connections,
    datasets,
    edits,
    matrices,
    models,
    neighbours,
    overlaps,
    relations,
    scenarios,
)
from graph.checkpoints import CheckpointRecord
from graph.compositions import CompositionRecord
from graph.datasets import DatasetRecord
from graph.edits import Edit
from graph.entries import blank
from graph.models import ModelRecord
from graph.store import Store
from tests.atlas.volumes import labelled
from tests.graph import small

NOT_FOR_TRADE = Source("nc", "A coarse atlas", licence="CC BY-NC 4.0", citation="Else 2021")
ALIKE = Source("sa", "A matrix of all pairs", licence="CC BY-SA 4.0")
FREE = replace(small.OTHER, licence="MIT")
WEIGHTS, OTHER_WEIGHTS = "ab" * 32, "cd" * 32
DATASET = DatasetRecord("d1", "Digits", ("image",), ("0", "1"), "BSD")
CHECKPOINT = CheckpointRecord(WEIGHTS, "m1", "d1", "sgd", "torch", "accuracy", 0.75, 4096)
SCENE = Scenario("z", "A scene", "MNI152", peaks=(Peak(0, 0, 0),), regions=("a:1",))
COMPOSITION = CompositionRecord(
    "n1",
    "z",
    {"active": {"a:1": 1.0}},
    {},
    [
        {"slot": "visual", "checkpoint": WEIGHTS, "taps": ["conv1"]},
        {"slot": "auditory", "checkpoint": OTHER_WEIGHTS, "taps": ["pool", "conv2"]},
    ],
    "ff",
    {"result": 0.9},
)
LINK = Edit("link_model", region="a:1", model="m1", rationale="Tuned.", status="accepted")
T = TypeVar("T")


def _coarse() -> Atlas:
    regions = (Region("b:1", "1", "Back\tof the\nbrain \\ \u2028 ä", "left", 0.1, -0.0, 1e-300),)
    return Atlas("b", "Coarse", "MNI152", NOT_FOR_TRADE, regions=regions)


def _fine() -> Atlas:
    own = tuple(
        replace(region, parent="b:1") if n == 0 else region
        for n, region in enumerate(small.ATLAS.regions)
    )
    return replace(small.ATLAS, regions=own)


def matrix() -> EvidenceMatrix:
    both = np.array([[3, 1]], np.int32)
    margins = np.array([5], np.int32), np.array([4, 4], np.int32)
    return EvidenceMatrix(("a:1",), ("f", "g"), both.astype("f"), both, *margins, 10, "sa", "z")


def fill(store: Store, *, backwards: bool = False) -> None:
    """Everything; ``backwards`` turns the order round wherever the order is free."""

    def turned(items: list[T]) -> list[T]:
        return items[::-1] if backwards else items

    atlases.put(store, _coarse(), by="a" if backwards else "b")
    cube = np.zeros((4, 4, 4), int)
    cube[0], cube[2] = 1, 2
    for atlas in turned([_fine(), labelled(store.config.home, "v", cube)]):
        atlases.put(store, atlas, by="test")
    small.functions.put(store, turned(small.FUNCTIONS), by="test")
    small.areas.put(store, turned(small.AREAS), by="test")
    evidence = [
        (small.SOURCE, [*small.CLAIMS, small.claim("c4", "b:1", "hearing", 0.25)]),
        (FREE, [small.claim("c5", "a:2", "vision.motion", 0.125, FREE)]),
        (NOT_FOR_TRADE, [small.claim("c6", "a:10", "vision", 1.0, NOT_FOR_TRADE)]),
    ]
    for source, some in turned(evidence):
        claims.put(store, source, turned(some), by="test")
    proposed = replace(small.CLAIMS[0], id="c7", status="proposed", counts=None, q=None)
    claims.put(store, small.SOURCE, [proposed], by="test")
    matrices.put(store, matrix(), ALIKE, by="test")
    pairs = turned([("a:1", "a:2", 0.5), ("a:10", "a:2", 1 / 3)])
    connections.put(store, "a", ALIKE, "functional", pairs, by="test")
    neighbours.put(store, "v", [(1, 2, 16, 64.0)], by="test")
    overlaps.put(store, "a", "b", [Overlap("a:1", "b:1", 0.5, 1.0, 0.25, "contained", 8.0)])
    relations.put(
        store, FREE, {"vision": ["sight", "seeing"]}, [("vision", "isKindOf", "hearing")], by="test"
    )
    sgd = {**blank("term", "optimizer:sgd"), "definition": "gradient descent", "aliases": ["SGD"]}
    changes.put(store, "term", [sgd], by="test")
    library = [
        ModelRecord("m1", "LeNet", "lenet5", areas=("visual",), inputs={"image": [1, 28, 28]}),
        ModelRecord("m2", "M5", "m5", areas=("auditory",)),
    ]
    models.put(store, turned(library), by="test")
    datasets.put(store, DATASET, by="test")
    checkpoints.put(store, CHECKPOINT, by="test")
    other = replace(CHECKPOINT, sha256=OTHER_WEIGHTS, model="m2", derived_from=WEIGHTS)
    checkpoints.put(store, other, by="test")
    scenarios.put(store, SCENE, {"a:1": 1.0, "b:1": 0.5}, by="test")
    uses = turned(COMPOSITION.uses)
    compositions.put(store, replace(COMPOSITION, uses=uses), by="test")
    for edit in turned([LINK, replace(LINK, action="forbid_model", region="b:1", model="m2")]):
        edits.apply(store, [edit], by="ann", allow_self_review=True)
    for noun, id in (("claim", "c1"), ("model_link", "a:1|m1")):
        if not comments.of(store, noun, id):
            remark = Edit("comment", noun=noun, id=id, comment="Why?")  # type: ignore[arg-type]
            edits.apply(store, [remark], by="bob")
