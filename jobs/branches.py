"""The branches of a build: checkpoints of the plan's candidate models on one data set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from composer.plan import Plan
from graph import checkpoints as checkpoint_records
from graph.checkpoints import CheckpointRecord
from graph.datasets import DatasetRecord
from graph.store import Store
from training.datasets import DatasetEntry

if TYPE_CHECKING:
    from composer.checkpoints import CheckpointStore
    from training.data import MultimodalData

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

    Args:
        store: the graph, where checkpoints are filed.
        weights: where their files lie.
        plan: whose candidates are wanted.
        data: what they are trained on.
        seed: of the training.
        say: called with a message and the fraction done.

    Returns:
        Slot → model id → sha256 of its checkpoint.
    """
    wanted = [(slot, candidate) for slot in plan.slots for candidate in slot.candidates]
    found: dict[str, dict[str, str]] = {slot.area: {} for slot in plan.slots}
    for number, (slot, candidate) in enumerate(wanted):
        model, share = candidate["model"], number / len(wanted)
        sha256 = _existing(store, weights, model, data, seed)
        if sha256 is None:
            say(f"pre-training {model}", share)
            sha256 = _pretrain(store, weights, candidate, data, seed)
        found[slot.area][model] = sha256
    say("branches are ready", 1.0)
    return found


def _existing(
    store: Store, weights: CheckpointStore, model: str, data: MultimodalData, seed: int
) -> str | None:
    known = set(weights.list())
    for row in checkpoint_records.list_checkpoints(store, model=model, dataset=data.id):
        same = row["seed"] == seed and row["hyper"].get("data") == data.digest
        if same and row["sha256"] in known:
            return str(row["sha256"])
    return None


def _pretrain(
    store: Store,
    weights: CheckpointStore,
    candidate: Mapping[str, Any],
    data: MultimodalData,
    seed: int,
) -> str:
    from training.pretrain import pretrain_checkpoint

    family, modality = candidate["family"], candidate["modality"]
    trained = pretrain_checkpoint(weights, family, data, modality, seed=seed)
    checkpoint_records.put(
        store,
        CheckpointRecord(
            sha256=trained.stored.sha256,
            model=candidate["model"],
            dataset=data.id,
            optimizer=str(trained.hyper["optimizer"]),
            platform=PLATFORM,
            metric=trained.metric,
            value=trained.value,
            bytes=trained.stored.bytes,
            hyper={**trained.hyper, "data": data.digest},
            derived_from=None,
            seed=seed,
        ),
        by="build",
    )
    return trained.stored.sha256
