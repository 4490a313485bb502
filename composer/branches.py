"""Library models in use: a network from its checkpoint, with the recipe for its input.

A checkpoint is a *branch* when :mod:`composer.inputs` can prepare its input, so that it can be
woven into a composition; else it is a *network*: its metadata describe the input in words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from atlas.errors import InvalidInput
from composer.checkpoints import CheckpointStore, StoredCheckpoint
from composer.families.base import Build, TapNetwork
from composer.inputs import InputSpec
from composer.meta import materialise
from composer.onnx_network import FAMILY, from_state
from composer.recipes import check_recipe


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
    _check_fit(network, input_spec, labels)
    metadata = {
        "kind": "branch",
        **described(network.build),
        "input": input_spec.to_json(),
        "labels": json.dumps(list(labels)),
        "dataset": dataset,
        "seed": str(seed),
    }
    return checkpoints.save(network.state_dict(), {**(extra or {}), **metadata})


def described(build: Build) -> dict[str, str]:
    """What a network was built from, as metadata of its checkpoint."""
    metadata = {
        "family": build.family,
        "input_shape": json.dumps(list(build.input_shape)),
        "classes": str(build.classes),
        "width": repr(float(build.width)),
    }
    if build.options:
        metadata["options"] = json.dumps(dict(build.options), sort_keys=True)
    return metadata


def build_of(metadata: Mapping[str, str]) -> Build:
    """Inverse of :func:`described`.

    Raises:
        InvalidInput: something is missing or no number.

    >>> build = Build("mlp", (1, 2, 2), 3, 0.5, {"layers": 2})
    >>> build_of(described(build)) == build
    True
    """
    try:
        shape = json.loads(metadata["input_shape"])
        options = json.loads(metadata.get("options", "{}"))
        classes, width = int(metadata["classes"]), float(metadata["width"])
        family = metadata["family"]
    except (KeyError, ValueError, RecursionError) as error:
        raise _odd(repr(error)[:200]) from error
    if not isinstance(shape, list) or not shape or not all(type(one) is int for one in shape):
        raise _odd(f"input_shape {str(shape)[:100]}")
    if not isinstance(options, dict) or not all(type(one) is int for one in options.values()):
        raise _odd(f"options {str(options)[:100]}")
    return Build(family, tuple(shape), classes, width, options)


def load_network(checkpoints: CheckpointStore, sha256: str) -> TapNetwork:
    """The network of a branch or a network: on the meta device, filled from the mapped file.

    Raises:
        NotFound: no such checkpoint or family. InvalidInput: neither of the two, or tensors of
            other names, shapes or kinds than the metadata say.
    """
    metadata, tensors = checkpoints.read(sha256)
    if metadata.get("kind") not in ("branch", "network"):
        found = f"kind {metadata.get('kind', 'unknown')}"
        raise InvalidInput("checkpoint", found=found, expected="kind branch or network")
    return _network(metadata, tensors)


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
    metadata, tensors = checkpoints.read(sha256)
    if metadata.get("kind") != "branch":
        raise InvalidInput(
            "checkpoint", found=f"kind {metadata.get('kind', 'unknown')}", expected="kind branch"
        )
    if family is not None and metadata["family"] != family:
        raise InvalidInput("checkpoint", found=f"a {metadata['family']}", expected=f"a {family}")
    return Branch(
        sha256,
        _network(metadata, tensors),
        InputSpec.from_dict(json.loads(metadata["input"])),
        tuple(json.loads(metadata["labels"])),
    )


def check_branch(network: TapNetwork, metadata: Mapping[str, str]) -> None:
    """Refuse a branch whose recipe or labels are unreadable or do not fit the network.

    Raises:
        InvalidInput: as said.
    """
    try:
        spec = InputSpec.from_dict(json.loads(metadata["input"]))
        labels = json.loads(metadata["labels"])
        fits = isinstance(labels, list) and all(isinstance(one, str) for one in labels)
        shape = spec.shape
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
        raise InvalidInput(
            "checkpoint metadata",
            found=repr(error)[:200],
            expected="input and labels, as a branch has them",
        ) from error
    if not fits or not all(type(one) is int for one in shape):
        raise InvalidInput("checkpoint metadata", found="no names", expected="labels and a size")
    _check_fit(network, spec, labels)
    check_recipe(spec)


def _network(metadata: Mapping[str, str], tensors: Mapping[str, Tensor]) -> TapNetwork:
    build = build_of(metadata)
    if build.family == FAMILY:
        return from_state(tensors, build.classes)
    return materialise(build, tensors)


def _check_fit(network: TapNetwork, spec: InputSpec, labels: Sequence[str]) -> None:
    if spec.shape != network.input_shape:
        raise InvalidInput("input", found=spec.shape, expected=str(network.input_shape))
    if len(labels) != network.classes:
        raise InvalidInput("labels", found=len(labels), expected=f"{network.classes} names")
    if len(set(labels)) < len(labels) or not all(labels):
        expected = "names that differ, none empty"
        raise InvalidInput("labels", found=str(list(labels))[:200], expected=expected)
    if unclear := [one for one in labels if not _is_text(one)]:
        raise InvalidInput("labels", found=ascii(unclear[0])[:200], expected="Unicode text")


def _is_text(label: str) -> bool:
    """Whether it is more than half of a pair of surrogates, which no file and no answer can hold.

    >>> _is_text("Größe"), _is_text(chr(0xD800))
    (True, False)
    """
    return not any(0xD800 <= ord(sign) <= 0xDFFF for sign in label)


def _odd(found: str) -> InvalidInput:
    return InvalidInput(
        "checkpoint metadata",
        found=found,
        expected="family, input_shape, classes, width and, where it has any, options",
    )
