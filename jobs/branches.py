"""The branches of a build: checkpoints of the plan's candidate models on one data set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from atlas.errors import InvalidInput
from composer.plan import Plan
from graph import checkpoints as checkpoint_records
from graph import models
from graph.checkpoints import CheckpointRecord
from graph.datasets import DatasetRecord
from graph.store import Store
from training.datasets import DatasetEntry

if TYPE_CHECKING:
    from composer.checkpoints import CheckpointStore
    from training.data import MultimodalData
    from training.pretrain import Pretrained

Progress = Callable[[str, float], None]

PLATFORM = "PyTorch"


def dataset_record(entry: DatasetEntry, data: MultimodalData) -> DatasetRecord:
    """What the graph keeps of a data set."""
    return DatasetRecord(
        id=entry.id,
        name=entry.name,
        modalities=data.modalities,
        labels=data.labels,
        licence=entry.licence,
        citation=entry.citation,
        digest=data.digest,
    )


def ready_branches(
    store: Store,
    weights: CheckpointStore,
    plan: Plan,
    data: MultimodalData,
    seed: int,
    say: Progress,
) -> dict[str, dict[str, str]]:
    """Checkpoint of every slot's candidate models on this data set; trained where missing.

    Published weights of a model come first: frozen, with a classifier trained on the data set.
    Where the data set cannot feed them, or there are none, a network of the model's family is
    trained from scratch. A model that can be had in neither way is left out, and why is said.

    Args:
        store: the graph, where checkpoints are filed.
        weights: where their files lie.
        plan: whose candidates are wanted.
        data: what they are trained on.
        seed: of the training.
        say: called with a message and the fraction done.

    Returns:
        Slot → model id → sha256 of its checkpoint.

    Raises:
        InvalidInput: a slot is left without a model; names the reasons.
    """
    wanted = [(slot, candidate) for slot in plan.slots for candidate in slot.candidates]
    found: dict[str, dict[str, str]] = {slot.area: {} for slot in plan.slots}
    against: dict[str, list[str]] = {slot.area: [] for slot in plan.slots}
    for number, (slot, candidate) in enumerate(wanted):
        model, share = candidate["model"], number / len(wanted)

        def tell(message: str, model: str = model, share: float = share) -> None:
            say(f"{model}: {message}", share)

        try:
            found[slot.area][model] = _ready(store, weights, candidate, data, seed, tell)
        except _UnusableError as error:
            against[slot.area].append(f"{model}: {error}")
            tell(f"left out, {error}")
    for area, branches in found.items():
        if not branches:
            expected = f"a model whose input {data.id} has, or that can be trained"
            raise InvalidInput(area, found="; ".join(against[area]), expected=expected)
    say("branches are ready", 1.0)
    return found


class _UnusableError(Exception):
    """A model of which neither published weights can be fed nor a network be trained."""


def _ready(
    store: Store,
    weights: CheckpointStore,
    candidate: Mapping[str, Any],
    data: MultimodalData,
    seed: int,
    tell: Callable[[str], None],
) -> str:
    model, why = candidate["model"], "there are no weights of it here"
    for published in _published(store, weights, model):
        try:
            return _transferred(store, weights, candidate, published, data, seed, tell)
        except InvalidInput as error:
            why = str(error)
            tell(f"its published weights cannot be used ({why})")
    found = _existing(store, weights, model, data, seed, None)
    if found is not None:
        return found
    from composer.families.registry import all_families

    family = all_families().get(candidate["family"])
    if family is None:
        raise _UnusableError(f"{why}, and no family is called {candidate['family']!r}")
    tell("pre-training")
    from training.pretrain import pretrain_checkpoint

    size = models.get(store, model)["size"]
    trained = pretrain_checkpoint(
        weights,
        family.name,
        data,
        candidate["modality"],
        width=_number(size.get("width"), 1.0),
        options={name: int(_number(size[name])) for name in family.options if name in size},
        seed=seed,
    )
    return _file(store, model, data, trained, seed, None)


def _number(stated: object, default: float | None = None) -> float:
    """A size as a model's record states it.

    Raises:
        InvalidInput: no number.
    """
    if stated is None and default is not None:
        return default
    if isinstance(stated, bool) or not isinstance(stated, int | float):
        raise InvalidInput("size", found=repr(stated)[:100], expected="a number")
    return stated


def _published(store: Store, weights: CheckpointStore, model: str) -> list[str]:
    """Weights of a model that came in from outside as a branch, the best first."""
    known = set(weights.list())
    rows = [
        row
        for row in checkpoint_records.list_checkpoints(store, model=model)
        if row["sha256"] in known and "data" not in row["hyper"]
    ]
    rows.sort(key=lambda row: (-(row["value"] or 0.0), row["sha256"]))
    kinds = ((row["sha256"], weights.metadata(row["sha256"]).get("kind")) for row in rows)
    return [sha256 for sha256, kind in kinds if kind == "branch"]


def _transferred(
    store: Store,
    weights: CheckpointStore,
    candidate: Mapping[str, Any],
    published: str,
    data: MultimodalData,
    seed: int,
    tell: Callable[[str], None],
) -> str:
    from composer.branches import load_branch
    from training.transfer import transfer_checkpoint

    branch = load_branch(weights, published)
    if branch.labels == data.labels and branch.input == data.inputs.get(branch.input.modality):
        return published
    found = _existing(store, weights, candidate["model"], data, seed, published)
    if found is not None:
        return found
    tell("training a classifier on its published weights")
    trained = transfer_checkpoint(weights, published, data, candidate["modality"], seed=seed)
    return _file(store, candidate["model"], data, trained, seed, published)


def _existing(
    store: Store,
    weights: CheckpointStore,
    model: str,
    data: MultimodalData,
    seed: int,
    origin: str | None,
) -> str | None:
    known = set(weights.list())
    for row in checkpoint_records.list_checkpoints(store, model=model, dataset=data.id):
        same = row["seed"] == seed and row["hyper"].get("data") == data.digest
        if same and row["derived_from"] == origin and row["sha256"] in known:
            return str(row["sha256"])
    return None


def _file(
    store: Store,
    model: str,
    data: MultimodalData,
    trained: Pretrained,
    seed: int,
    derived_from: str | None,
) -> str:
    checkpoint_records.put(
        store,
        CheckpointRecord(
            sha256=trained.stored.sha256,
            model=model,
            dataset=data.id,
            optimizer=str(trained.hyper["optimizer"]),
            platform=PLATFORM,
            metric=trained.metric,
            value=trained.value,
            bytes=trained.stored.bytes,
            hyper={**trained.hyper, "data": data.digest},
            derived_from=derived_from,
            seed=seed,
        ),
        by="build",
    )
    return trained.stored.sha256
