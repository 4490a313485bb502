"""The built-in models of the library: which family serves which functional area."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from composer.families.base import Build, Shape
from composer.meta import build_meta
from graph import models
from graph.models import ModelRecord
from graph.store import Store


@dataclass(frozen=True, slots=True)
class Branch:
    """What the networks of one area take in; ``inputs`` is the paper's size for each family."""

    area: str
    serves: tuple[str, ...]
    functions: tuple[str, ...]
    modality: str
    inputs: Mapping[str, Shape]


SMALL, LARGE = (1, 28, 28), (1, 112, 112)

# Table 6 gives one input size a family; the same structure reads pictures and spectrograms.
TABLE_6 = {"lenet3": SMALL, "lenet5": LARGE, "mediumnet": LARGE, "sparsenet": LARGE}

BRANCHES = (
    Branch("visual", ("visual", "visual.shape"), ("perception.vision.shape",), "image", TABLE_6),
    Branch(
        "auditory",
        ("auditory", "auditory.tone"),
        ("perception.audition.tone",),
        "audio",
        TABLE_6,
    ),
)

REFERENCE_CLASSES = 10
"""Size of the classifier that the record's parameter count includes (ten digits)."""


def builtin_models() -> list[ModelRecord]:
    """One record for each family and area, with tap points and parameters of the paper's size.

    >>> [model.id for model in builtin_models()][:2]
    ['auditory-lenet3', 'auditory-lenet5']
    """
    records = [_record(branch, family) for branch in BRANCHES for family in branch.inputs]
    return sorted(records, key=lambda record: record.id)


def register_models(store: Store, by: str = "import") -> None:
    """Write the built-in models into the graph; a second time changes nothing."""
    models.put(store, builtin_models(), by=by)


def _record(branch: Branch, family: str) -> ModelRecord:
    shape = branch.inputs[family]
    network = build_meta(Build(family, shape, REFERENCE_CLASSES))
    return ModelRecord(
        id=f"{branch.area}-{family}",
        name=f"{family} for {branch.modality}",
        family=family,
        category="convolutional network",
        functions=branch.functions,
        areas=branch.serves,
        modality=branch.modality,
        inputs={"modality": branch.modality, "shape": list(shape)},
        taps={name: list(tap) for name, tap in network.taps.items()},
        parameters=network.parameter_count(),
        size={"width": 1.0},
    )
