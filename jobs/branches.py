"""The branches of a build: checkpoints of the plan's candidate models on one data set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.errors import InvalidInput
from atlas.progress import Progress
from composer.plan import Plan
from graph import checkpoints as checkpoint_records
from graph import models
from graph.checkpoints import CheckpointRecord
from graph.datasets import DatasetRecord
from graph.store import Store
from training.datasets import DatasetEntry

if TYPE_CHECKING:
    from composer.families.base import Build
    from composer.supply import Supply
    from training.data import MultimodalData
    from training.features import FeatureCache
    from training.pretrain import Pretrained


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
    supply: Supply, plan: Plan, features: FeatureCache, seed: int, say: Progress
) -> dict[str, dict[str, str]]:
    """Checkpoint of every slot's candidate models on this data set; trained where missing.

    What the plan found is done: published weights are frozen and get a classifier trained on the
    data set, other models are trained from scratch. What an earlier build has trained in the same
    way is taken as it is. Each model is filed when it is ready, so a build that is stopped goes
    on after the last.

    Args:
        supply: what the plan was made with; its store is where checkpoints are filed.
        plan: whose candidates are wanted.
        features: of the data that they are trained on; published bodies speak into it.
        seed: of the training.
        say: called with a message and the fraction done.

    Returns:
        Slot → model id → sha256 of its checkpoint.

    Raises:
        InvalidInput: a network cannot be trained on these very samples; names the model.
    """
    wanted = [(slot.area, candidate) for slot in plan.slots for candidate in slot.candidates]
    found: dict[str, dict[str, str]] = {slot.area: {} for slot in plan.slots}
    ready: dict[str, str] = {}
    for number, (area, candidate) in enumerate(wanted):
        model, modality = candidate["model"], candidate["modality"]
        made = candidate["weights"] or supply.build(models.get(supply.store, model), modality)
        key = f"{modality} {made}"  # models of one structure share what is trained
        if key not in ready:
            tell = _of(say, model, number, len(wanted))
            ready[key] = _ready(supply, model, made, modality, features, seed, tell)
        found[area][model] = ready[key]
    say("branches are ready", 1.0)
    return found


def _of(say: Progress, model: str, number: int, count: int) -> Progress:
    """Progress of one model among all."""
    return lambda message, fraction: say(
        f"model {number + 1} of {count}, {model}: {message}", (number + fraction) / count
    )


def _ready(
    supply: Supply,
    model: str,
    made: Build | str,
    modality: str,
    features: FeatureCache,
    seed: int,
    say: Progress,
) -> str:
    """A branch from published weights, or of what it is built from."""
    data = features.data
    published = made if isinstance(made, str) else None
    if published and supply.fits(published, modality):
        return published
    known = supply.trained(made, modality, data.id, data.digest, seed)
    if known is not None:
        return known
    try:
        trained = _train(made, modality, features, seed, say)
    except InvalidInput as error:
        raise InvalidInput(
            f"{model}: {error.field}", found=error.found, expected=error.expected, hint=error.hint
        ) from error
    return _file(supply.store, model, data, trained, seed, published)


def _train(
    made: Build | str, modality: str, features: FeatureCache, seed: int, say: Progress
) -> Pretrained:
    weights, data = features.checkpoints, features.data
    if isinstance(made, str):
        from training.transfer import transfer_checkpoint

        say("a classifier on its published weights", 0.0)
        return transfer_checkpoint(
            weights, made, data, modality, seed=seed, progress=say, features=features
        )
    from training.pretrain import pretrain_checkpoint

    say("training", 0.0)
    return pretrain_checkpoint(
        weights,
        made.family,
        data,
        modality,
        width=made.width,
        options=made.options,
        seed=seed,
        progress=say,
    )


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
