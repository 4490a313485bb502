"""Published checkpoints brought in: the file converted, base and pre-trained model filed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atlas.errors import Conflict, InvalidInput
from graph import areas, changes, checkpoints, datasets, models
from graph.checkpoints import CheckpointRecord
from graph.datasets import DatasetRecord
from graph.models import ModelRecord
from graph.store import Store
from graph.values import slug

if TYPE_CHECKING:
    from composer.checkpoints import Draft
    from composer.foreign.base import Foreign


@dataclass(frozen=True, slots=True)
class Stated:
    """What people say of a file beside what is published of it.

    ``areas`` (ids) take the place of the published one; ``dataset`` is needed where none is known;
    ``recipe`` is the JSON form of a :class:`composer.inputs.InputSpec`.
    """

    areas: Sequence[str] = ()
    dataset: str = ""
    recipe: str = ""


def import_foreign(
    store: Store, home: Path, format: str, path: Path, *, by: str, stated: Stated | None = None
) -> dict[str, Any]:
    """Convert one file and file it under its functional area, in one revision.

    The same file again changes nothing, or the areas if others are stated.

    Returns:
        file, model, sha256, kind (a branch can be composed, a network cannot), metric, value (as
        published, or None) and notes: why it is not measured here, why it cannot be composed.

    Raises:
        NotFound: no such format, file or area. InvalidInput: the file is not what the format
            says; area or data set are neither published nor stated; a recipe that does not fit.
        Conflict: another structure has the file's name, or the weights are recorded with another
            data set; says how the record is edited.
    """
    from composer.checkpoints import CheckpointStore
    from composer.foreign.formats import encode_foreign, read_foreign

    stated = stated or Stated()
    foreign = _with_recipe(read_foreign(format, path), stated.recipe)
    model = _settled(store, _model(foreign, path, stated.areas), stated)
    dataset = _dataset(foreign, stated.dataset, model.modality)
    known = {row["id"] for row in areas.list_areas(store)}
    if unknown := sorted(set(model.areas) - known):
        raise InvalidInput("area", found=unknown[0], expected=", ".join(sorted(known)))
    there = {row["id"] for row in datasets.list_datasets(store)}
    new = [] if dataset.id in there else [dataset]
    with CheckpointStore.at(home).drafted(BytesIO(encode_foreign(foreign, path))) as draft:
        record = _record(foreign, draft, model.id, dataset.id)
        parts = (datasets.part(new), models.part([model]), checkpoints.new_part([record]))
        reason = f"imported from {path.name}"
        changes.put_together(
            store, parts, by=by, reason=reason, action="import model", last=draft.keep
        )
    return {
        "file": path.name,
        "model": model.id,
        "sha256": draft.sha256,
        "kind": "branch" if foreign.spec else "network",
        "metric": foreign.metric,
        "value": foreign.value,
        "notes": _notes(foreign),
    }


def _record(foreign: Foreign, draft: Draft, model: str, dataset: str) -> CheckpointRecord:
    return CheckpointRecord(
        sha256=draft.sha256,
        model=model,
        dataset=dataset,
        optimizer=foreign.optimizer,
        platform=foreign.platform,
        metric=foreign.metric,
        value=foreign.value,
        bytes=draft.bytes,
        hyper={"not_measured": foreign.remeasured},
        licence=foreign.licence or None,
        origin=foreign.origin or None,
        trained_by=foreign.by or None,
    )


def _with_recipe(foreign: Foreign, recipe: str) -> Foreign:
    if not recipe:
        return foreign
    from composer.inputs import InputSpec
    from composer.recipes import check_recipe

    try:
        spec = InputSpec.from_dict(json.loads(recipe))
        shape = spec.shape
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        expected = "the JSON form of an input: modality, height, width, white, colour, …"
        raise InvalidInput("recipe", found=str(error)[:200], expected=expected) from error
    if shape != foreign.network.input_shape:
        raise InvalidInput("recipe", found=shape, expected=str(foreign.network.input_shape))
    check_recipe(spec)
    return replace(foreign, spec=spec)


def _model(foreign: Foreign, path: Path, stated: Sequence[str]) -> ModelRecord:
    network = foreign.network
    served = tuple(stated) or ((foreign.area,) if foreign.area else ())
    if not served:
        expected = "--area: nothing is published of this file"
        raise InvalidInput("area", found="nothing", expected=expected)
    modality = foreign.spec.modality if foreign.spec else str(foreign.inputs["modality"])
    return ModelRecord(
        id=slug(path.stem),
        name=path.stem,
        family=network.family,
        category=network.family,
        functions=(foreign.function,) if foreign.function else (),
        areas=served,
        modality=modality,
        inputs=foreign.described,
        taps={name: list(shape) for name, shape in network.taps.items()},
        parameters=foreign.parameters,
        size={"width": network.width, **network.build.options},
        structure=foreign.structure,
        metrics=(foreign.metric,) if foreign.value is not None else (),
    )


def _settled(store: Store, model: ModelRecord, stated: Stated) -> ModelRecord:
    """The model as it is to be stored: one that is there keeps its areas and what people said."""
    there = {row["id"]: row for row in models.list_models(store)}.get(model.id)
    if there is None:
        return model
    for name in ("family", "parameters", "taps", "size"):
        if there[name] != getattr(model, name):
            raise Conflict(
                f"model {model.id}: {name}",
                found=str(getattr(model, name))[:200],
                expected=f"{str(there[name])[:200]}, as it is stored",
                hint="another structure needs another name: rename the file",
            )
    served = model.areas if stated.areas else tuple(there["areas"])
    return replace(model, areas=served, functions=tuple(there["functions"]))


def _dataset(foreign: Foreign, stated: str, modality: str) -> DatasetRecord:
    name = stated or foreign.dataset
    if not name:
        expected = "--dataset: nothing is published of this file"
        raise InvalidInput("dataset", found="nothing", expected=expected)
    return DatasetRecord(slug(name), name, (modality,), foreign.labels)


def _notes(foreign: Foreign) -> str:
    composed = "" if foreign.spec else f"; cannot be composed: {foreign.unprepared}"
    return f"not measured again: {foreign.remeasured}{composed}"
