"""The composed network: frozen branches and the fusion head that was trained on them."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from atlas.errors import InvalidInput
from composer.branches import Branch, load_branch
from composer.checkpoints import CheckpointStore, StoredCheckpoint
from composer.families.base import TapNetwork
from composer.fusion import FusionHead
from composer.inputs import prepare
from composer.spec import FusionSpec


class ComposedNetwork(nn.Module):
    """One branch per slot, then the head.

    The branches come frozen, and what is frozen stays in eval mode whatever mode the network is
    put into: in training mode it would still change its behaviour and its statistics. Whoever
    lets a branch learn (see ``training.fit``) puts only the unfrozen parts into training mode.
    """

    def __init__(self, branches: Mapping[str, TapNetwork], head: FusionHead) -> None:
        super().__init__()
        wanted = head.spec.slots
        if set(branches) != set(wanted):
            raise InvalidInput("branches", found=sorted(branches), expected=_slots(wanted))
        self.slots = tuple(wanted)
        self.branches = nn.ModuleList(branches[slot] for slot in wanted)
        freeze(self.branches)
        self.head = head

    def train(self, mode: bool = True) -> ComposedNetwork:
        """Set the mode of what learns; what is frozen stays in eval mode."""
        self.training = mode
        self.head.train(mode)
        train_unfrozen(self.branches) if mode else rest(self.branches)
        return self

    def forward(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """Log-probabilities (N, classes) for prepared samples (N, C, H, W) of each slot.

        Slots may be missing, as long as one is there (see ``FusionHead``).
        """
        unknown = sorted(set(inputs) - set(self.slots))
        if unknown:
            raise InvalidInput("inputs", found=unknown, expected=_slots(self.slots))
        _check_as_many({slot: len(tensor) for slot, tensor in inputs.items()})
        features = {
            slot: pooled_features(branch, inputs[slot])
            for slot, branch in zip(self.slots, self.branches, strict=True)
            if slot in inputs and isinstance(branch, TapNetwork)
        }
        log_probabilities: Tensor = self.head(features)
        return log_probabilities


def _slots(names: Sequence[str]) -> str:
    return f"slots {', '.join(names)}"


def _check_as_many(numbers: Mapping[str, int]) -> None:
    """Refuse other numbers of samples of one thing than of another."""
    if len(set(numbers.values())) > 1:
        found = ", ".join(f"{number} of {name}" for name, number in numbers.items())
        raise InvalidInput("inputs", found=found, expected="as many samples of each")


def freeze(module: nn.Module) -> None:
    """Eval mode and no gradients throughout."""
    module.__dict__["training"] = False
    for weight in module._parameters.values():
        if weight is not None and weight.requires_grad:
            weight.requires_grad_(False)
    for part in module._modules.values():
        if part is not None:
            freeze(part)


def rest(module: nn.Module) -> None:
    """Eval mode throughout; ``module.eval()`` spends most of its time on looking at names."""
    module.__dict__["training"] = False
    for part in module._modules.values():
        if part is not None:
            rest(part)


def train_unfrozen(module: nn.Module, inherited: bool = False) -> None:
    """Training mode for the parts with weights that learn, eval mode for the frozen ones.

    A part without weights, such as dropout, goes with the part it belongs to.

    >>> net = nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.Linear(1, 1), nn.Dropout()))
    >>> _ = net[0].requires_grad_(False)
    >>> train_unfrozen(net)
    >>> net.training, net[0].training, net[1][1].training
    (True, False, True)
    """
    weights = list(module.parameters())
    module.training = any(w.requires_grad for w in weights) if weights else inherited
    if not module.training:  # and so is everything in it
        rest(module)
        return
    for child in module.children():
        train_unfrozen(child, module.training)


def pooled_features(branch: TapNetwork, x: Tensor) -> dict[str, Tensor]:
    """Tap → vectors (N, width) in order, then "logits", for prepared samples (N, C, H, W).

    This one function feeds the cache as well as the composed network.
    """
    if tuple(x.shape[1:]) != branch.input_shape:
        raise InvalidInput("input", found=tuple(x.shape[1:]), expected=str(branch.input_shape))
    return branch.pooled(x)


@dataclass(frozen=True, slots=True)
class Composition:
    """A composed network that can be asked: its branches by slot, and the names of the classes."""

    network: ComposedNetwork
    spec: FusionSpec
    branches: Mapping[str, Branch]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prediction:
    """The best label of each sample, all probabilities (N, classes), and modalities not given.

    Where some are ``missing`` the branches that remain have voted, without the fusion.
    """

    labels: list[str]
    probabilities: list[list[float]]
    missing: list[str]


def save_composition(
    checkpoints: CheckpointStore,
    spec: FusionSpec,
    head: FusionHead,
    *,
    labels: Sequence[str],
    seed: int,
    extra: Mapping[str, str] | None = None,
) -> StoredCheckpoint:
    """Store the head; the branches are referred to by the sha256 in its spec.

    A head without weights is stored too, as a file with metadata alone, so that every
    composition has an address.
    """
    for sha256 in spec.checkpoints:
        checkpoints.path(sha256)
    metadata = {
        "kind": "composition",
        "spec": json.dumps(spec.to_dict(), sort_keys=True),
        "labels": json.dumps(list(labels)),
        "seed": str(seed),
    }
    return checkpoints.save(head.state_dict(), {**(extra or {}), **metadata})


def load_composition(checkpoints: CheckpointStore, sha256: str) -> Composition:
    """The network of a stored composition, ready to answer.

    Raises:
        NotFound: this or one of its branches is not in the store. InvalidInput: not a composition.
    """
    metadata = checkpoints.metadata(sha256)
    if metadata.get("kind") != "composition":
        raise InvalidInput(
            "checkpoint",
            found=f"kind {metadata.get('kind', 'unknown')}",
            expected="kind composition",
        )
    spec = FusionSpec.from_dict(json.loads(metadata["spec"]))
    labels = tuple(json.loads(metadata["labels"]))
    with _no_collection():
        branches = {
            slot: load_branch(checkpoints, branch)
            for slot, branch in zip(spec.slots, spec.checkpoints, strict=True)
        }
        networks = {slot: branch.network for slot, branch in branches.items()}
        widths = {slot: network.widths() for slot, network in networks.items()}
        head = FusionHead.shape_only(widths, len(labels), spec)
        head.load_state_dict(checkpoints.load(sha256), strict=True, assign=True)
        return Composition(ComposedNetwork(networks, head).eval(), spec, branches, labels)


@contextmanager
def _no_collection() -> Iterator[None]:
    """No search for garbage meanwhile.

    A network is thousands of small objects that all stay; to look through them again and again
    takes a third of the time of making them.
    """
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


@torch.inference_mode()
def predict(composition: Composition, raw: Mapping[str, object]) -> Prediction:
    """Answer for raw samples by modality: pictures (N, h, w), waveforms (N, t) or a list.

    Modalities that the network uses and ``raw`` lacks are named in ``missing``; the branches of
    the others answer with their own classifiers.

    Raises:
        InvalidInput: a modality the network does not use, none of those it uses, samples that
            cannot be read, or unequal numbers of them.
    """
    used: dict[str, str] = {
        slot: branch.input.modality for slot, branch in composition.branches.items()
    }
    unknown = sorted(set(raw) - set(used.values()))
    if unknown or not raw:
        raise InvalidInput(
            "inputs",
            found=unknown or "nothing",
            expected=f"samples of {', '.join(sorted(set(used.values())))}",
        )
    missing = sorted(set(used.values()) - set(raw))
    inputs = {
        slot: prepare(composition.branches[slot].input, raw[modality])
        for slot, modality in used.items()
        if modality in raw
    }
    _check_as_many({used[slot]: len(tensor) for slot, tensor in inputs.items()})
    probabilities = composition.network(inputs).exp()
    best = probabilities.argmax(dim=1).tolist()
    return Prediction([composition.labels[i] for i in best], probabilities.tolist(), missing)
