"""Published checkpoints brought in: the file converted, base and pre-trained model filed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graph import checkpoints, datasets, models
from graph.checkpoints import CheckpointRecord
from graph.datasets import DatasetRecord
from graph.models import ModelRecord
from graph.store import Store
from graph.typed_models import slug

ONNX = "onnx"


def import_foreign(store: Store, home: Path, format: str, path: Path, *, by: str) -> dict[str, Any]:
    """Convert one file and file it under its functional area.

    An ONNX network is kept as it is, as a fixed backbone; its area has to be said by editing its
    model. The same file again changes nothing.

    Returns:
        file, model, sha256, value (as published, or None) and a note why it is not measured here.

    Raises:
        NotFound: no such format or file. InvalidInput: the file is not what the format says.
    """
    if format == ONNX:
        return _backbone(store, home, path, by)
    from composer.checkpoints import CheckpointStore
    from composer.families.registry import find_family
    from composer.foreign.formats import read_foreign, save_foreign

    foreign = read_foreign(format, path)
    stored = save_foreign(CheckpointStore.at(home), foreign, path)
    network = foreign.network
    chain = find_family(network.family).chain
    model = ModelRecord(
        id=slug(path.stem),
        name=path.stem,
        family=network.family,
        category=network.family,
        functions=(foreign.function,),
        areas=(foreign.area,),
        modality=str(foreign.inputs["modality"]),
        inputs=dict(foreign.inputs),
        taps={name: list(shape) for name, shape in network.taps.items()},
        parameters=network.parameter_count(),
        size={"width": network.width, **network.build.options},
        structure=(chain.__doc__ or "").split("\n", 1)[0],
        metrics=(foreign.metric,) if foreign.value is not None else (),
    )
    dataset = DatasetRecord(
        slug(foreign.dataset), foreign.dataset, (model.modality,), foreign.labels
    )
    known = {row["id"] for row in datasets.list_datasets(store)}
    if dataset.id not in known:
        datasets.put(store, dataset, by=by)
    models.put(store, [model], by=by)
    record = CheckpointRecord(
        sha256=stored.sha256,
        model=model.id,
        dataset=dataset.id,
        optimizer=foreign.optimizer,
        platform=foreign.platform,
        metric=foreign.metric,
        value=foreign.value,
        bytes=stored.bytes,
        hyper=dict(foreign.hyper),
        licence=foreign.licence,
        origin=foreign.origin,
        trained_by=foreign.by,
    )
    checkpoints.put(store, record, by=by, reason=f"imported from {path.name}")
    note = f"not measured again: {foreign.remeasured}"
    return _said(path, model.id, stored.sha256, foreign.value, note)


def _backbone(store: Store, home: Path, path: Path, by: str) -> dict[str, Any]:
    from composer.onnx_backbone import OnnxBackbone, keep_backbone

    sha256, kept = keep_backbone(home / "backbones", path)
    backbone = OnnxBackbone(kept)
    inputs = {name: list(map(str, shape)) for name, (shape, _) in backbone.inputs.items()}
    model = ModelRecord(
        id=slug(path.stem),
        name=path.stem,
        family=ONNX,
        category="fixed backbone",
        inputs={"shape": inputs, "file": sha256},
        taps={name: list(shape) for name, shape in backbone.taps.items()},
        structure=f"{len(backbone.nodes)} ONNX operations, run by onnxruntime",
    )
    models.put(store, [model], by=by, reason=f"imported from {path.name}")
    return _said(path, model.id, sha256, None, "a fixed backbone; its area is to be stated")


def _said(path: Path, model: str, sha256: str, value: float | None, note: str) -> dict[str, Any]:
    return {"file": path.name, "model": model, "sha256": sha256, "value": value, "note": note}
