"""What frozen branches say about the data, computed once and kept on disk."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy.typing as npt
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from atlas.errors import Conflict, Forbidden, InvalidInput
from atlas.progress import Progress
from atlas.whole_files import write_whole
from composer.branches import Branch, load_branch
from composer.checkpoints import CheckpointStore, encode
from composer.families.base import GRID, PooledLinear, TapNetwork
from composer.inputs import InputSpec, prepare
from composer.network import pooled_features
from composer.spec import FusionSpec
from training.data import MultimodalData, Split
from training.device import training_device
from training.fit import reproducible

Features = dict[str, Tensor]
"""Tap → vectors (N, width) in the branch's order; the last is "logits" (N, classes)."""

SlotFeatures = dict[str, Features]
"""Slot → features of the checkpoint that fills it."""

BATCH = 256
"""Samples that are prepared and sent through at once."""


class FeatureCache:
    """Pooled features of checkpoints on one data set, below ``features`` of a data directory.

    Every sample goes through a body once: the answer is kept in a file whose name is the hash of
    (body, recipe, data, modality, split), so another search, process or session finds it, and so
    does another classifier on the same body. ``forwards`` counts the samples that this object did
    send through a branch.

    The search sees the training and the validation split. The test split has its own methods,
    so that nobody touches it by accident.
    """

    def __init__(self, home: Path, checkpoints: CheckpointStore, data: MultimodalData) -> None:
        self.home, self.checkpoints, self.data = home, checkpoints, data
        self.root = home / "features"
        self.forwards = 0
        self._known: dict[tuple[str, Split], Features] = {}
        self._branches: dict[str, Branch] = {}

    @property
    def classes(self) -> int:
        """Number of classes of the data."""
        return len(self.data.labels)

    def features(self, checkpoint: str, modality: str, split: Split) -> Features:
        """Features of one checkpoint on the training or validation split.

        Raises:
            Forbidden: the test split. NotFound: no such checkpoint. InvalidInput: the checkpoint
                is for another modality. Conflict: it names its classes otherwise than the data.
            Unavailable: the features cannot be written.
        """
        return self._features(checkpoint, modality, _searched(split))

    def test_features(self, checkpoint: str, modality: str) -> Features:
        """The same on the test split; for the one report at the end."""
        return self._features(checkpoint, modality, "test")

    def slots(self, spec: FusionSpec, split: Split) -> SlotFeatures:
        """What the head of ``spec`` reads, on the training or validation split."""
        return self._slots(spec, _searched(split))

    def test_slots(self, spec: FusionSpec) -> SlotFeatures:
        """The same on the test split; for the one report at the end."""
        return self._slots(spec, "test")

    def labels(self, split: Split) -> Tensor:
        """Class indices (N,) of the training or validation split."""
        return self.data.y(_searched(split))

    def test_labels(self) -> Tensor:
        """Class indices (N,) of the test split."""
        return self.data.y("test")

    def branch(self, checkpoint: str) -> Branch:
        """The checkpoint's network, loaded once."""
        if checkpoint not in self._branches:
            self._branches[checkpoint] = load_branch(self.checkpoints, checkpoint)
        return self._branches[checkpoint]

    def _slots(self, spec: FusionSpec, split: Split) -> SlotFeatures:
        return {
            slot: self._features(checkpoint, self.branch(checkpoint).input.modality, split)
            for slot, checkpoint in zip(spec.slots, spec.checkpoints, strict=True)
        }

    def body(
        self,
        network: TapNetwork,
        recipe: InputSpec,
        modality: str,
        split: Split,
        progress: Progress | None = None,
    ) -> Features:
        """What the taps of a frozen network say, without its classifier, on a searched split.

        Raises:
            Forbidden: the test split. InvalidInput: samples that the recipe cannot prepare.
            Unavailable: the features cannot be written.
        """
        name = _body_digest(network, recipe)
        return _taps(self._kept(name, network, recipe, modality, _searched(split), progress))

    def _features(self, checkpoint: str, modality: str, split: Split) -> Features:
        branch = self.branch(checkpoint)
        self._check(branch, modality)
        if (checkpoint, split) not in self._known:
            network, classifier = branch.network, branch.network.classifier
            if isinstance(classifier, PooledLinear):
                name = _body_digest(network, branch.input)
                taps = _taps(self._kept(name, network, branch.input, modality, split))
                with torch.no_grad(), reproducible():
                    found = {**taps, "logits": classifier(list(taps.values())[-1])}
            else:
                found = self._kept(checkpoint, network, branch.input, modality, split)
            self._known[checkpoint, split] = found
        return self._known[checkpoint, split]

    def _kept(
        self,
        name: str,
        network: TapNetwork,
        recipe: InputSpec,
        modality: str,
        split: Split,
        progress: Progress | None = None,
    ) -> Features:
        key = f"{name} {self.data.digest} {modality} {split} grid {GRID}"
        path = self.root / f"{hashlib.sha256(key.encode()).hexdigest()}.safetensors"
        found = _read(path)
        if found is None:
            found = self._forward(network, recipe, self.data.raw(modality, split), progress)
            about = {"taps": json.dumps(list(found)), "dataset": self.data.id}
            write_whole(path, encode(found, about), what="feature cache")
        return found

    def _check(self, branch: Branch, modality: str) -> None:
        if branch.input.modality != modality:
            raise InvalidInput(
                "modality", found=modality, expected=f"{branch.input.modality} for this checkpoint"
            )
        if branch.labels != self.data.labels:
            raise Conflict(
                "labels",
                found=f"{list(branch.labels)} in checkpoint {branch.sha256[:12]}",
                expected=f"{list(self.data.labels)} as in {self.data.id}",
            )

    @torch.no_grad()
    def _forward(
        self,
        network: TapNetwork,
        recipe: InputSpec,
        raw: npt.NDArray[Any],
        progress: Progress | None,
    ) -> Features:
        """Send samples through a network, prepared by its own recipe, a batch at a time."""
        device, parts = training_device(), []
        network = network.to(device)
        with reproducible():
            for start in range(0, len(raw), BATCH):
                x = prepare(recipe, raw[start : start + BATCH]).to(device)
                parts.append({tap: one.cpu() for tap, one in pooled_features(network, x).items()})
                self.forwards += len(x)
                if progress is not None:
                    done = min(start + BATCH, len(raw))
                    progress(f"{done} of {len(raw)} samples", done / len(raw))
        network.to("cpu")
        return {tap: torch.cat([part[tap] for part in parts]) for tap in parts[0]}


def _body_digest(network: TapNetwork, recipe: InputSpec) -> str:
    """Sha256 over all that the taps of a network follow from."""
    build = network.build
    text = repr((build.family, build.input_shape, build.width, sorted(build.options.items())))
    total = hashlib.sha256(f"{text}{recipe.to_json()}".encode())
    for name, tensor in sorted(network.state_dict().items()):
        if not name.startswith("classifier."):
            plain = tensor.detach().cpu().contiguous()
            total.update(f"{name}{tuple(plain.shape)}{plain.dtype}".encode())
            total.update(plain.reshape(-1).view(torch.uint8).numpy().data)
    return total.hexdigest()


def _taps(found: Features) -> Features:
    """Without what the classifier said."""
    return {tap: vectors for tap, vectors in found.items() if tap != "logits"}


def _searched(split: Split) -> Split:
    if split == "test":
        raise Forbidden(
            "split", found="test", expected="train or validation", hint="use the test_… methods"
        )
    return split


def _read(path: Path) -> Features | None:
    """The features in the file; None when it is missing or damaged and must be made again."""
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            return {tap: file.get_tensor(tap) for tap in json.loads(file.metadata()["taps"])}
    except SafetensorError:
        return None
