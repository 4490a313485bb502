"""The branches of a build: checkpoints of the plan's candidate models on one data set."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from atlas.errors import InvalidInput
from atlas.progress import Progress
from composer.budget import UNLIMITED, Budget
from composer.plan import Plan
from graph import checkpoints as checkpoint_records
from graph.checkpoints import CheckpointRecord
from graph.datasets import DatasetRecord
from graph.store import Store
from jobs.variants import Branches, Variant, variants_of
from search.evaluate import FAULTS
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
    supply: Supply,
    plan: Plan,
    features: FeatureCache,
    seed: int,
    say: Progress,
    *,
    sizes: Sequence[float] = (1.0,),
    optimizers: Sequence[str] = ("adamw",),
    budget: Budget = UNLIMITED,
) -> Branches:
    """Checkpoints of every slot's candidate models on this data set; trained where missing.

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
        sizes: in which every network that is trained from scratch is tried.
        optimizers: by which.
        budget: what it may cost at most, in each size.

    Raises:
        InvalidInput: a network cannot be trained on these very samples (names the model), or a
            slot is left without any.
    """
    left_out: dict[str, list[str]] = {slot.area: [] for slot in plan.slots}
    wanted = [
        (slot.area, candidate["modality"], variant, made)
        for slot in plan.slots
        for candidate in slot.candidates
        for variant, made in variants_of(
            supply, candidate, sizes, optimizers, budget, left_out[slot.area]
        )
    ]
    for reason in itertools.chain(*left_out.values()):
        say(f"left out: {reason}", 0.0)
    found: dict[str, dict[Variant, str]] = {slot.area: {} for slot in plan.slots}
    ready: dict[str, str] = {}
    for number, (area, modality, variant, made) in enumerate(wanted):
        key = f"{modality} {made} {variant.optimizer}"  # those of one structure share what is made
        tell = _of(say, str(variant), number, len(wanted))
        try:
            if key not in ready:
                ready[key] = _ready(supply, variant, made, modality, features, seed, tell)
        except FAULTS as error:
            left_out[area].append(f"{variant}: {error}")
            tell(f"left out: {error}", 1.0)
        else:
            found[area][variant] = ready[key]
    for area, variants in found.items():
        if not variants:
            against = "; ".join(left_out[area])
            raise InvalidInput(area, found=against, expected="a model that can be had and afforded")
    say("branches are ready", 1.0)
    return found


def _of(say: Progress, model: str, number: int, count: int) -> Progress:
    """Progress of one model among all."""
    return lambda message, fraction: say(
        f"model {number + 1} of {count}, {model}: {message}", (number + fraction) / count
    )


def _ready(
    supply: Supply,
    variant: Variant,
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
    known = supply.trained(made, modality, data.id, data.digest, seed, variant.optimizer)
    if known is not None:
        return known
    try:
        trained = _train(made, modality, features, seed, variant.optimizer, say)
    except InvalidInput as error:
        raise InvalidInput(
            f"{variant}: {error.field}", found=error.found, expected=error.expected, hint=error.hint
        ) from error
    return _file(supply.store, variant.model, data, trained, seed, published)


def _train(
    made: Build | str,
    modality: str,
    features: FeatureCache,
    seed: int,
    optimizer: str,
    say: Progress,
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
        optimizer=optimizer,
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
