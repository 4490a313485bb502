"""Library models in use: a network from its checkpoint, with the recipe for its input."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from atlas.errors import InvalidInput
from composer.checkpoints import CheckpointStore, StoredCheckpoint
from composer.families.base import TapNetwork
from composer.inputs import InputSpec
from composer.meta import build_meta, materialise


@dataclass(frozen=True, slots=True)
class Branch:
    """A frozen network, how its input is prepared, and the names of its classes."""

    sha256: str
    network: TapNetwork
    input: InputSpec
    labels: tuple[str, ...]


def save_branch(
    checkpoints: CheckpointStore,
    network: TapNetwork,
    input_spec: InputSpec,
    labels: Sequence[str],
    *,
    dataset: str,
    seed: int,
    extra: Mapping[str, str] | None = None,
) -> StoredCheckpoint:
    """Store a trained network with all that is needed to use it again.

    Raises:
        InvalidInput: recipe or labels do not fit the network. Unavailable: the disk is full.
    """
    if input_spec.shape != network.input_shape:
        raise InvalidInput("input", found=input_spec.shape, expected=str(network.input_shape))
    if len(labels) != network.classes:
        raise InvalidInput("labels", found=len(labels), expected=f"{network.classes} names")
    metadata = {
        "kind": "branch",
        "family": network.family,
        "input_shape": json.dumps(list(network.input_shape)),
        "classes": str(network.classes),
        "width": repr(float(network.width)),
        "input": input_spec.to_json(),
        "labels": json.dumps(list(labels)),
        "dataset": dataset,
        "seed": str(seed),
    }
    return checkpoints.save(network.state_dict(), {**(extra or {}), **metadata})


def load_branch(checkpoints: CheckpointStore, sha256: str, *, family: str | None = None) -> Branch:
    """The network of a checkpoint: built on the meta device, filled from the mapped file.

    Args:
        checkpoints: the store.
        sha256: which checkpoint.
        family: refuse any other family than this, where one is wanted.

    Raises:
        NotFound: no such checkpoint or family. InvalidInput: not a branch, another family, or
            tensors of other names or shapes than the metadata say.
    """
    metadata = checkpoints.metadata(sha256)
    if metadata.get("kind") != "branch":
        raise InvalidInput(
            "checkpoint", found=f"kind {metadata.get('kind', 'unknown')}", expected="kind branch"
        )
    if family is not None and metadata["family"] != family:
        raise InvalidInput("checkpoint", found=f"a {metadata['family']}", expected=f"a {family}")
    channels, height, width = json.loads(metadata["input_shape"])
    network = build_meta(
        metadata["family"],
        (channels, height, width),
        int(metadata["classes"]),
        float(metadata["width"]),
    )
    return Branch(
        sha256,
        materialise(network, checkpoints.load(sha256)),
        InputSpec.from_dict(json.loads(metadata["input"])),
        tuple(json.loads(metadata["labels"])),
    )
