"""The training loop: one function, the same for branches, fusion heads and whole networks."""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import deterministic

from atlas.errors import Conflict, InvalidInput
from atlas.progress import Progress
from atlas.whole_files import write_whole
from composer.network import train_unfrozen
from training.optimizers import OPTIMIZERS

Inputs = Tensor | Mapping[str, "Inputs"]
"""What a module is called with: a tensor (N, …), or mappings of mappings of such tensors."""

Watch = Callable[[int, float], None]
"""Called with each epoch (from 1) and its validation accuracy; what it raises ends the training."""


@dataclass(frozen=True, slots=True)
class FitResult:
    """What came out: the best validation accuracy, its epoch (from 1), accuracy after each."""

    best: float
    epoch: int
    history: tuple[float, ...]


def fit(
    module: nn.Module,
    train: tuple[Inputs, Tensor],
    validation: tuple[Inputs, Tensor],
    *,
    epochs: int,
    optimizer: str = "adamw",
    lr: float = 3e-3,
    weight_decay: float = 1e-2,
    batch: int = 64,
    patience: int | None = None,
    restart: int | None = None,
    clip: float | None = None,
    unfreeze: Sequence[tuple[int, str]] | None = None,
    seed: int = 0,
    deterministic: bool = True,
    mixed: bool | None = None,
    progress: Progress | None = None,
    watch: Watch | None = None,
    checkpoint: Path | None = None,
    every: int = 100,
) -> FitResult:
    """Train ``module`` by cross-entropy; it ends in eval mode with its best weights.

    Validation is measured in eval mode after every epoch. Log-probabilities may stand in for
    logits, since normalising them again changes nothing. Batches move to the device that the
    module is on. The order of the samples comes from ``seed`` alone: neither global random state
    nor global settings are left changed. Parts that are frozen stay in eval mode.

    Args:
        module: what learns.
        train: inputs and class indices (N,).
        validation: the same, of other samples.
        epochs: at most so many passes over the training split.
        optimizer: adamw or sgd.
        lr: the largest learning rate; it falls along half a cosine.
        weight_decay: the optimizer's.
        batch: samples per step. A last batch of one joins the batch before it, since one sample
            has no spread that batch normalisation could measure.
        patience: stop after so many epochs without a better validation accuracy.
        restart: the learning rate falls over so many epochs and starts anew, each time over twice
            as many (Loshchilov & Hutter 2017); None: it falls once, over all epochs.
        clip: largest Euclidean norm of all gradients together.
        unfreeze: (epoch from 0, start of parameters' names): who learns from when on; all else
            is frozen. None: whatever learns when the module comes.
        seed: order of the samples, dropout.
        deterministic: only kernels whose result never varies, on one thread.
        mixed: bfloat16 where that is safe; None: on a GPU only.
        progress: called after each epoch.
        watch: called after each epoch; may end the training by raising.
        checkpoint: file for the state of the training. The next call with the same arguments goes
            on from there and ends as if nothing had happened; at the end the file is removed.
        every: steps from one writing of the file to the next; it is written after epochs, too.

    Raises:
        InvalidInput: unknown optimizer, no epochs, a split whose labels do not fit its inputs,
            fewer than two classes, nothing that learns, batches of one with batch normalisation.
        Conflict: the file belongs to another training.
        FloatingPointError: the loss is no longer finite.
    """
    recipe = _Recipe(
        epochs, optimizer, lr, weight_decay, batch, patience, restart, clip,
        None if unfreeze is None else tuple(unfreeze), seed, mixed,
    )  # fmt: skip
    state = _Fit(module, _checked("train", train), _checked("validation", validation), recipe)
    file = _File(checkpoint, _identity(recipe, module, train[1]))
    with _settings(deterministic, state.device, seed):
        file.restore(state)
        while not state.over:
            for step in state.epoch_steps():
                if step % every == 0:
                    file.save(state)
            file.save(state)
            value, epoch = state.history[-1], state.epoch
            if progress is not None:
                progress(f"epoch {epoch}, validation {value:.3f}", epoch / epochs)
            if watch is not None:
                watch(epoch, value)
    file.remove()
    return state.end()


@dataclass(frozen=True, slots=True)
class _Recipe:
    """What the curve of a training follows from, besides module and data."""

    epochs: int
    optimizer: str
    lr: float
    weight_decay: float
    batch: int
    patience: int | None
    restart: int | None
    clip: float | None
    unfreeze: tuple[tuple[int, str], ...] | None
    seed: int
    mixed: bool | None


class _Fit:
    """A training under way: everything that its next step depends on."""

    def __init__(
        self,
        module: nn.Module,
        train: tuple[Inputs, Tensor],
        validation: tuple[Inputs, Tensor],
        recipe: _Recipe,
    ) -> None:
        _check(module, train[1], recipe)
        self.module, self.recipe, self.held = module, recipe, validation
        self.x, self.y = train
        self.weights = dict(module.named_parameters())
        self.device = _device(module)
        mixed = self.device.type == "cuda" if recipe.mixed is None else recipe.mixed
        self.cast: AbstractContextManager[Any] = (
            torch.autocast(self.device.type, torch.bfloat16) if mixed else nullcontext()
        )
        self.epoch = self.done = 0
        self.order = torch.empty(0, dtype=torch.int64)
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self.history: list[float] = []
        self.best, self.best_epoch, self.best_state = -1.0, 0, _state(module)
        self.groups: list[list[str]] = []
        self.regroup([self._thawed()])

    @property
    def over(self) -> bool:
        """Whether all epochs are done, or patience is at its end."""
        patience = self.recipe.patience
        tired = patience is not None and self.epoch - self.best_epoch >= patience
        return not self.done and (self.epoch >= self.recipe.epochs or tired)

    def epoch_steps(self) -> Iterator[int]:
        """The rest of an epoch, step by step (their numbers from 1), then its validation."""
        if not self.done:
            self.order = torch.randperm(len(self.y), generator=self.generator)
        known = {name for group in self.groups for name in group}
        if fresh := [name for name in self._thawed() if name not in known]:
            self._add(fresh)
        share = fall(self.epoch, self.recipe.epochs, self.recipe.restart)
        for group in self.steps.param_groups:
            group["lr"] = self.recipe.lr * share
        train_unfrozen(self.module, inherited=True)
        total = torch.zeros((), device=self.device)
        for rows in batches(self.order, self.recipe.batch)[self.done :]:
            total += self._step(rows)
            self.done += 1
            yield self.done
        if not math.isfinite(float(total)):
            raise FloatingPointError(f"the loss is {float(total)} in epoch {self.epoch + 1}")
        self.epoch, self.done = self.epoch + 1, 0
        self.history.append(measure(self.module, *self.held))
        if self.history[-1] > self.best:
            self.best, self.best_epoch = self.history[-1], self.epoch
            self.best_state = _state(self.module)

    def regroup(self, groups: list[list[str]]) -> None:
        """A new optimizer over these groups of parameters."""
        self.groups = []
        self.steps = make_optimizer(
            self.recipe.optimizer,
            [self.weights[name] for name in groups[0]],
            lr=self.recipe.lr,
            weight_decay=self.recipe.weight_decay,
        )
        self.groups.append(groups[0])
        for group in groups[1:]:
            self._add(group)

    def end(self) -> FitResult:
        """Put the best weights back."""
        self.module.load_state_dict(self.best_state)
        self.module.eval()
        return FitResult(self.best, self.best_epoch, tuple(self.history))

    def _thawed(self) -> list[str]:
        """Names of what learns in this epoch, after letting it."""
        if self.recipe.unfreeze is not None:
            due = tuple(start for epoch, start in self.recipe.unfreeze if epoch <= self.epoch)
            for name, weight in self.weights.items():
                weight.requires_grad_(name.startswith(due))
        names = [name for name, weight in self.weights.items() if weight.requires_grad]
        if not names:
            raise InvalidInput("unfreeze", found="nothing that learns", expected="some parameters")
        return names

    def _add(self, names: list[str]) -> None:
        """Hand further parameters to the optimizer; it keeps what it knows of the others."""
        settings = {k: v for k, v in self.steps.param_groups[0].items() if k != "params"}
        self.steps.add_param_group(settings | {"params": [self.weights[name] for name in names]})
        self.groups.append(names)

    def _step(self, rows: Tensor) -> Tensor:
        self.steps.zero_grad()
        with self.cast:
            logits = self.module(_moved(take(self.x, rows), self.device))
        loss = cross_entropy(logits.float(), self.y[rows].to(self.device))
        loss.backward()  # type: ignore[no-untyped-call]
        if self.recipe.clip is not None:
            learning = [self.weights[name] for group in self.groups for name in group]
            nn.utils.clip_grad_norm_(learning, self.recipe.clip)
        self.steps.step()
        return loss.detach()


class _File:
    """The state of a training on disk, written whole or not at all."""

    def __init__(self, path: Path | None, identity: str) -> None:
        self.path, self.identity = path, identity

    def save(self, state: _Fit) -> None:
        """Write everything down."""
        if self.path is None:
            return
        cuda = state.device.type == "cuda"
        content = {
            "identity": self.identity,
            "place": [state.epoch, state.done, state.best_epoch],
            "curve": [state.best, *state.history],
            "groups": state.groups,
            "module": state.module.state_dict(),
            "best": state.best_state,
            "optimizer": state.steps.state_dict(),
            "order": state.order,
            "samples": state.generator.get_state(),
            "random": torch.get_rng_state(),
            "random_gpu": torch.cuda.get_rng_state(state.device) if cuda else None,
        }
        buffer = io.BytesIO()
        torch.save(content, buffer)
        write_whole(self.path, buffer.getvalue(), what="state of the training")

    def restore(self, state: _Fit) -> None:
        """Read everything back; nothing where there is no file."""
        if self.path is None or not self.path.exists():
            return
        found = torch.load(self.path, map_location="cpu", weights_only=True)
        if found["identity"] != self.identity:
            raise Conflict(
                "checkpoint",
                found=f"{self.path.name} of another training",
                expected="the same module, settings and labels",
                hint="choose another file, or remove this one",
            )
        state.epoch, state.done, state.best_epoch = found["place"]
        state.best, *state.history = found["curve"]
        state.module.load_state_dict(found["module"])
        state.best_state = found["best"]
        state.regroup(found["groups"])
        state.steps.load_state_dict(found["optimizer"])
        state.order = found["order"]
        state.generator.set_state(found["samples"])
        torch.set_rng_state(found["random"])
        if found["random_gpu"] is not None:
            torch.cuda.set_rng_state(found["random_gpu"], state.device)

    def remove(self) -> None:
        """The training has ended."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def cross_entropy(logits: Tensor, wanted: Tensor) -> Tensor:
    """Mean cross-entropy of logits (…, N, classes) and class indices (…, N).

    Classes come before samples in memory: over the last axis the kernel takes four times as long.

    >>> round(float(cross_entropy(torch.zeros(3, 4), torch.tensor([0, 1, 2])).exp()), 3)
    4.0
    """
    *_, samples, classes = logits.shape
    first = logits.reshape(-1, samples, classes).transpose(1, 2).contiguous()
    return nn.functional.cross_entropy(first, wanted.reshape(-1, samples))


def fall(epoch: int, epochs: int, restart: int | None = None) -> float:
    """Share of the learning rate in an epoch (from 0): half a cosine, over and over if asked.

    >>> [round(fall(epoch, 6, restart=2), 2) for epoch in range(6)]
    [1.0, 0.5, 1.0, 0.85, 0.5, 0.15]
    """
    period = restart or epochs
    while restart is not None and epoch >= period:
        epoch, period = epoch - period, period * 2
    return (1 + math.cos(math.pi * epoch / period)) / 2


def make_optimizer(
    name: str, weights: list[nn.Parameter], *, lr: float, weight_decay: float
) -> torch.optim.Optimizer:
    """The optimizer called ``name``, adamw or sgd (Nesterov momentum 0.9)."""
    if name == "adamw":
        return torch.optim.AdamW(weights, lr=lr, weight_decay=weight_decay, fused=True)
    if name == "sgd":
        return torch.optim.SGD(
            weights, lr=lr, momentum=0.9, nesterov=True, weight_decay=weight_decay
        )
    raise InvalidInput("optimizer", found=name, expected=f"one of {', '.join(OPTIMIZERS)}")


@torch.inference_mode()
def measure(module: nn.Module, x: Inputs, y: Tensor) -> float:
    """Accuracy in eval mode, between 0 and 1; the modes of the module's parts are restored."""
    modes = {part: part.training for part in module.modules()}
    device = _device(module)
    module.eval()
    right = 0
    for start in range(0, len(y), 1024):
        rows = slice(start, start + 1024)
        answer = module(_moved(_views(x, rows), device)).argmax(1)
        right += int((answer == y[rows].to(device)).sum())
    for part, mode in modes.items():
        part.training = mode
    return right / len(y)


def take(inputs: Inputs, rows: Tensor) -> Inputs:
    """The given rows of every tensor in ``inputs``."""
    if isinstance(inputs, Tensor):
        return inputs.index_select(0, rows.to(inputs.device))
    return {name: take(part, rows) for name, part in inputs.items()}


def _views(inputs: Inputs, rows: slice) -> Inputs:
    if isinstance(inputs, Tensor):
        return inputs[rows]
    return {name: _views(part, rows) for name, part in inputs.items()}


def _moved(inputs: Inputs, device: torch.device) -> Inputs:
    if isinstance(inputs, Tensor):
        return inputs.to(device)
    return {name: _moved(part, device) for name, part in inputs.items()}


def _device(module: nn.Module) -> torch.device:
    weight = next(module.parameters(), None)
    return torch.device("cpu") if weight is None else weight.device


def _state(module: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}


def batches(order: Tensor, size: int) -> list[Tensor]:
    """Cut an order of samples into batches; a last one of one sample joins the one before."""
    parts = list(torch.split(order, size))
    if size > 1 and len(parts) > 1 and len(parts[-1]) == 1:
        parts[-2:] = [torch.cat(parts[-2:])]
    return parts


def _identity(recipe: _Recipe, module: nn.Module, labels: Tensor) -> str:
    shapes = {name: list(tensor.shape) for name, tensor in module.state_dict().items()}
    text = json.dumps([asdict(recipe), shapes, labels.tolist()])
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def _settings(deterministic: bool, device: torch.device, seed: int) -> Iterator[None]:
    """Settings of a training and random numbers of its own, both as before afterwards."""
    devices = [device] if device.type == "cuda" else []
    kernels = reproducible() if deterministic else nullcontext()
    with kernels, torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


@contextmanager
def reproducible() -> Iterator[None]:
    """Deterministic kernels on one thread for the block; the former settings return afterwards.

    A GPU lacks some of them, and then warns.

    The number of threads decides the order of sums, hence the last digits. One thread is also the
    fastest for networks this small, and the kindest to other workers on the machine.

    Torch would also fill all new memory with NaN, lest anybody read what was never written; no
    kernel in use does, and the filling takes a tenth of a training.
    """
    threads = torch.get_num_threads()
    before = torch.are_deterministic_algorithms_enabled()
    gpu: bool = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    if gpu:  # cuBLAS refuses to be deterministic without it
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    filled = deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.use_deterministic_algorithms(True, warn_only=gpu)
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=warn_only)
        deterministic.fill_uninitialized_memory = filled  # type: ignore[attr-defined]
        torch.set_num_threads(threads)


def _checked(name: str, split: tuple[Inputs, Tensor]) -> tuple[Inputs, Tensor]:
    inputs, labels = split
    part: Inputs = inputs
    while not isinstance(part, Tensor):
        part = next(iter(part.values()))
    if not len(labels) or len(part) != len(labels):
        raise InvalidInput(
            name, found=f"{len(part)} samples, {len(labels)} labels", expected="as many, not none"
        )
    return inputs, labels


def _check(module: nn.Module, labels: Tensor, recipe: _Recipe) -> None:
    if recipe.epochs < 1:
        raise InvalidInput("epochs", found=recipe.epochs, expected="at least 1")
    if len(torch.unique(labels)) < 2:
        raise InvalidInput("train", found="samples of one class", expected="two classes or more")
    normalised = any(isinstance(part, nn.modules.batchnorm._BatchNorm) for part in module.modules())
    if recipe.batch < 1 + normalised:
        raise InvalidInput(
            "batch",
            found=recipe.batch,
            expected="at least 2, for batch normalisation" if normalised else "at least 1",
        )
