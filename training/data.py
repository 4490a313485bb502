"""Paired samples of several modalities in three splits that are apart from the first line on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from atlas.errors import InvalidInput, NotFound
from composer.inputs import InputSpec, prepare
from composer.supply import Offered
from training.checks import check

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
SEARCHED: tuple[Split, ...] = ("train", "validation")
"""What a search may look at."""

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Samples:
    """One split: raw arrays by modality, first axis the sample, and the class index of each.

    The arrays may be mapped from files and of any kind of number.
    """

    raw: Mapping[str, npt.NDArray[Any]]
    y: Labels


@dataclass(frozen=True)
class MultimodalData:
    """A data set with several modalities of the same samples.

    ``inputs`` says how each modality's raw arrays become tensors; what it holds (normalisation,
    projection) was fitted on the training split alone. ``content`` is a digest of labels and
    samples where one is known already, so that large data need not be read for it.
    """

    id: str
    labels: tuple[str, ...]
    inputs: Mapping[str, InputSpec]
    splits: Mapping[Split, Samples]
    seed: int
    content: str = ""

    def __post_init__(self) -> None:
        check(self)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the modalities."""
        return tuple(self.inputs)

    @property
    def offered(self) -> Offered:
        """What a library's models can be judged by: one sample of each modality."""
        first = {name: self.splits["train"].raw[name][:1] for name in self.inputs}
        return Offered(self.inputs, first, self.labels)

    def raw(self, modality: str, split: Split) -> npt.NDArray[Any]:
        """Raw samples, as a person would send them for a prediction."""
        self.spec(modality)
        return self.splits[split].raw[modality]

    def spec(self, modality: str) -> InputSpec:
        """How this modality is prepared.

        Raises:
            NotFound: listing the modalities there are.
        """
        if modality not in self.inputs:
            raise NotFound("modality", found=modality, expected=f"one of {list(self.inputs)}")
        return self.inputs[modality]

    def x(self, modality: str, split: Split) -> Tensor:
        """Prepared samples, float32 (N, 1, H, W)."""
        return prepare(self.spec(modality), self.raw(modality, split))

    def y(self, split: Split) -> Tensor:
        """Class indices, int64 (N,)."""
        return torch.from_numpy(self.splits[split].y)

    @cached_property
    def digest(self) -> str:
        """Sha256 over labels, recipes and every sample of every split."""
        total = hashlib.sha256(repr((self.id, self.labels)).encode())
        for modality, spec in sorted(self.inputs.items()):
            total.update(f"{modality}{spec.to_json()}".encode())
        if self.content:
            total.update(self.content.encode())
            return total.hexdigest()
        for split in SPLITS:
            total.update(split.encode())
            arrays: list[npt.NDArray[Any]] = [self.splits[split].y]
            arrays += [raw for _, raw in sorted(self.splits[split].raw.items())]
            for array in arrays:
                total.update(f"{array.shape}{array.dtype}".encode())
                total.update(np.ascontiguousarray(array).data)
        return total.hexdigest()


def split_indices(
    labels: npt.NDArray[Any], *, seed: int, validation: float = 0.2, test: float = 0.2
) -> dict[Split, npt.NDArray[np.intp]]:
    """Indices of three disjoint parts that share every class in proportion (stratified)."""
    generator = np.random.default_rng([seed, 1])
    parts: dict[Split, list[npt.NDArray[np.intp]]] = {name: [] for name in SPLITS}
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        first, second = round(len(members) * test), round(len(members) * (test + validation))
        parts["test"].append(members[:first])
        parts["validation"].append(members[first:second])
        parts["train"].append(members[second:])
    return {name: generator.permutation(np.concatenate(rows)) for name, rows in parts.items()}


def pair_by_label(
    images: tuple[Floats, npt.NDArray[Any]],
    sounds: tuple[Floats, npt.NDArray[Any]],
    *,
    seed: int,
) -> tuple[Floats, Floats, npt.NDArray[Any]]:
    """Pair two labelled sets sample by sample within each label.

    Call it once for each split, never before splitting. Where one set has fewer samples of a
    label, its samples are used again in turn. The pairs come in random order.

    Args:
        images: samples and their labels.
        sounds: samples and their labels.
        seed: decides the pairing.

    Returns:
        Paired images, paired sounds, labels.

    Raises:
        InvalidInput: lengths differ, or the two sets do not have the same labels.
    """
    for name, (samples, labels) in {"images": images, "sounds": sounds}.items():
        if len(samples) != len(labels) or not len(labels):
            raise InvalidInput(
                name, found=f"{len(samples)} samples and {len(labels)} labels", expected="as many"
            )
    ours, theirs = set(images[1].tolist()), set(sounds[1].tolist())
    if ours != theirs:
        raise InvalidInput(
            "labels",
            found=f"only images have {sorted(ours - theirs)}, only sounds {sorted(theirs - ours)}",
            expected="the same label set in both",
        )
    generator = np.random.default_rng([seed, 2])
    left, right = [], []
    for label in sorted(ours):
        a, b = (generator.permutation(np.flatnonzero(s[1] == label)) for s in (images, sounds))
        count = max(len(a), len(b))
        left.append(np.resize(a, count))
        right.append(np.resize(b, count))
    order = generator.permutation(sum(map(len, left)))
    i, j = np.concatenate(left)[order], np.concatenate(right)[order]
    return images[0][i], sounds[0][j], images[1][i]
