"""Of what the networks of a build can be made: a data set's samples and the library's weights."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy.typing as npt

from atlas.errors import InvalidInput
from composer.branches import build_of, load_network
from composer.budget import Budget
from composer.checkpoints import CheckpointStore
from composer.families.base import Build
from composer.families.registry import all_families, find_family
from composer.inputs import InputSpec, prepare
from composer.latency import known_latency_ms, latency_ms
from composer.meta import build_meta
from composer.offer import Offer, Source
from composer.transfer import recipe_for
from graph import checkpoints
from graph.store import Row, Store

REFERENCE_CLASSES = 10
"""Size of the classifier where no data set says it."""


@dataclass(frozen=True, slots=True)
class Offered:
    """What a data set offers: recipes and one raw sample by modality, and names of its classes."""

    inputs: Mapping[str, InputSpec]
    samples: Mapping[str, npt.NDArray[Any]]
    labels: tuple[str, ...]


class Supply(Offer):
    """Judges the candidates of a plan and gives a build what it judged.

    The library's weights are listed once. Without ``offered`` there is no data set to be fed from,
    and only what a network costs can be asked.
    """

    def __init__(self, store: Store, home: Path, offered: Offered | None = None) -> None:
        super().__init__(store, home, None if offered is None else tuple(offered.inputs))
        self.offered = offered
        self.weights = CheckpointStore.at(home)

    @cached_property
    def _rows(self) -> dict[str, list[Row]]:
        """Records of weights whose files are here, by model."""
        known, found = set(self.weights.list()), defaultdict(list)
        for row in checkpoints.list_checkpoints(self.store):
            if row["sha256"] in known:
                found[row["model"]].append(row)
        return found

    def source(self, model: Mapping[str, Any], modality: str) -> Source:
        """How a model's network can be had for this data set.

        Published weights come first, the best of them: frozen, with a classifier trained on the
        data set. Where the data set cannot feed them a network of the model's family is trained.
        Both are tried without training: one sample is prepared, shapes are sent through.
        """
        if self.offered is None or modality not in self.offered.inputs:
            return super().source(model, modality)
        published, why = self._published(model), "there are no weights of it here"
        for sha256 in published:
            try:
                self._feed(sha256, modality)
            except InvalidInput as error:
                why = f"its published weights cannot be used ({error})"
            else:
                return Source(sha256)
        try:
            build_meta(self.build(model, modality))
        except InvalidInput as error:
            return Source(against=f"{why}, and none can be trained ({error})")
        return Source(note=why if published else None)

    def fits(self, weights: str, modality: str) -> bool:
        """Whether published weights can be used as they are: same classes, same input."""
        metadata = self.weights.metadata(weights)
        assert self.offered is not None
        return (
            tuple(json.loads(metadata["labels"])) == self.offered.labels
            and InputSpec.from_dict(json.loads(metadata["input"])) == self.offered.inputs[modality]
        )

    def build(self, model: Mapping[str, Any], modality: str) -> Build:
        """What a network of a model's family is built from, in the size that its record states.

        Raises:
            InvalidInput: no such family, no known shape, or a size that is no number.
        """
        family, size = all_families().get(model["family"]), model["size"]
        if family is None:
            expected = "a family that can be built here"
            raise InvalidInput("family", found=repr(model["family"])[:100], expected=expected)
        if self.offered is not None:
            shape, classes = self.offered.inputs[modality].shape, len(self.offered.labels)
        else:
            shape, classes = tuple(model["inputs"].get("shape") or ()), REFERENCE_CLASSES
        if not shape:
            raise InvalidInput("shape", found="nothing", expected="the shape of the model's input")
        options = {name: int(_number(size[name])) for name in family.options if name in size}
        return Build(family.name, shape, classes, _number(size.get("width", 1.0)), options)

    def latency_ms(self, model: Mapping[str, Any], modality: str, weights: str | None) -> float:
        """Milliseconds for one sample on this machine, on one thread; measured once.

        Raises:
            InvalidInput: there is no network that could be measured.
        """
        if weights is None and self.offered is None:
            weights = next(iter(self._published(model)), None)
        if weights is not None:
            sha256 = weights
            return known_latency_ms(
                self.home, sha256, lambda: latency_ms(load_network(self.weights, sha256))
            )
        return self.build_latency_ms(self.build(model, modality))

    def build_latency_ms(self, build: Build) -> float:
        """The same of a network that is yet to be trained."""

        def measure() -> float:
            family = find_family(build.family)
            return latency_ms(
                family.build(build.input_shape, build.classes, build.width, **build.options)
            )

        return known_latency_ms(self.home, repr(build), measure)

    def too_much(self, build: Build, budget: Budget) -> str | None:
        """Why a network that is yet to be trained is too expensive; None if it is not."""
        network = build_meta(build)
        costs = {"parameters": network.parameter_count(), "taps": network.taps}
        return budget.against(costs, lambda: self.build_latency_ms(build))

    def trained(
        self, made: Build | str, modality: str, dataset: str, digest: str, seed: int, optimizer: str
    ) -> str | None:
        """Weights that an earlier build made in just this way, whichever model they were for.

        ``made`` is what the network is built from, or the sha256 of the published weights.
        """
        published = made if isinstance(made, str) else None
        for row in itertools.chain(*self._rows.values()):
            same = (row["dataset"], row["seed"], row["derived_from"]) == (dataset, seed, published)
            told = row["hyper"].get("data"), row["hyper"].get("optimizer")
            if not same or told != (digest, optimizer):
                continue
            metadata = self.weights.metadata(row["sha256"])
            if json.loads(metadata["input"])["modality"] != modality:
                continue
            if published or build_of(metadata) == made:
                return str(row["sha256"])
        return None

    def _published(self, model: Mapping[str, Any]) -> list[str]:
        """Weights of a model that came in from outside, the best first."""
        rows = [row for row in self._rows.get(model["id"], ()) if "data" not in row["hyper"]]
        rows.sort(key=lambda row: (-(row["value"] or 0.0), row["sha256"]))
        return [row["sha256"] for row in rows]

    def _feed(self, sha256: str, modality: str) -> None:
        """Prepare one sample of the data set by the recipe of these weights.

        Raises:
            InvalidInput: they have none, or the data set cannot feed it.
        """
        assert self.offered is not None
        metadata = self.weights.metadata(sha256)
        if metadata.get("kind") != "branch":
            expected = "a recipe that says how their input is prepared"
            raise InvalidInput("weights", found=f"kind {metadata.get('kind')}", expected=expected)
        recipe = recipe_for(
            InputSpec.from_dict(json.loads(metadata["input"])), self.offered.inputs[modality]
        )
        prepare(recipe, self.offered.samples[modality])


def _number(stated: object) -> float:
    """A size as a model's record states it.

    Raises:
        InvalidInput: no number.
    """
    if isinstance(stated, bool) or not isinstance(stated, int | float):
        raise InvalidInput("size", found=repr(stated)[:100], expected="a number")
    return stated
