"""How good weights are on data that are at hand: measured, and put into their record."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atlas.errors import InvalidInput
from atlas.progress import Progress
from graph import checkpoints
from graph.checkpoints import CheckpointRecord
from graph.store import Store

if TYPE_CHECKING:
    from composer.branches import Branch
    from training.data import MultimodalData


def measure_checkpoint(
    store: Store,
    home: Path,
    sha256: str,
    dataset: str,
    *,
    by: str,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Measure weights on the test split of a data set, and say so in their record.

    A network that names its classes as the data set does answers itself. Of another, or of one
    without classifier, a linear probe is measured: its body stays frozen, a classifier is trained
    on the training split. A published value stays; without one the measured takes its place.

    Returns:
        metric, value, dataset, digest (of the data), samples, how: what stands under "measured".

    Raises:
        NotFound: no such weights or data set. InvalidInput: no branch, or the data set cannot
            feed it; says why.
    """
    from composer.branches import load_branch
    from composer.checkpoints import CheckpointStore
    from training.datasets import find_dataset

    checkpoints.get(store, sha256)
    branch = load_branch(CheckpointStore.at(home), sha256)
    data = find_dataset(dataset, home).load(home)
    if branch.input.modality not in data.modalities:
        expected = f"one that has {branch.input.modality}"
        raise InvalidInput("dataset", found=dataset, expected=expected)
    measured = {
        **_measured(branch, data, seed, progress),
        "dataset": data.id,
        "digest": data.digest,
        "samples": len(data.splits["test"].y),
    }
    record_measured(store, sha256, measured, by=by)
    return measured


def record_measured(store: Store, sha256: str, measured: dict[str, Any], *, by: str) -> None:
    """Put what was measured into the record; a published value stays.

    Raises:
        NotFound: no such weights.
    """
    row = checkpoints.get(store, sha256)
    hyper = {key: value for key, value in row["hyper"].items() if key != "not_measured"}
    known = {field.name: row[field.name] for field in fields(CheckpointRecord)}
    known |= {"hyper": {**hyper, "measured": measured}}
    if row["value"] is None:
        known |= {"metric": measured["metric"], "value": measured["value"]}
    record = CheckpointRecord(**known)
    checkpoints.put(store, record, by=by, reason=f"measured on {measured['dataset']}")


def _measured(
    branch: Branch, data: MultimodalData, seed: int, progress: Progress | None
) -> dict[str, Any]:
    from composer.transfer import recipe_for
    from training.fit import measure, reproducible
    from training.transfer import last_maps, transfer

    modality = branch.input.modality
    if branch.labels == data.labels:
        network = branch.network
        recipe = recipe_for(branch.input, data.spec(modality))
        metric, how = "test accuracy", "by its own classifier, in eval mode"
    else:
        made = transfer(branch, data, modality, seed=seed, progress=progress)
        network, recipe = made.network, made.input
        metric = "linear probe accuracy"
        how = f"frozen body, classifier trained on the training split, seed {seed}"
    with reproducible():
        maps = last_maps(network, recipe, data.raw(modality, "test"))
        value = measure(network.classifier, maps, data.y("test"))
    return {"metric": metric, "value": round(value, 6), "how": how}
