"""The training loop: one function, the same for branches and fusion heads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from atlas.errors import InvalidInput

Inputs = Tensor | Mapping[str, "Inputs"]
"""What a module is called with: a tensor (N, …), or mappings of mappings of such tensors."""

Progress = Callable[[str, float], None]
"""Called with a message and the fraction done, from 0 to 1."""

OPTIMIZERS = ("adamw", "sgd")


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
    seed: int = 0,
    progress: Progress | None = None,
) -> FitResult:
    """Train ``module`` by cross-entropy; it ends in eval mode with its best weights.

    The learning rate falls along a half cosine. Validation is measured in eval mode after every
    epoch; training stops when ``patience`` epochs bring nothing better. Log-probabilities may
    stand in for logits, since normalising them again changes nothing. The order of the samples
    comes from ``seed`` alone: neither global random state nor global settings are left changed.

    Raises:
        InvalidInput: unknown optimizer, no epochs, or a split whose labels do not fit its inputs.
    """
    (x, y), (held_x, held_y) = _checked("train", train), _checked("validation", validation)
    if epochs < 1:
        raise InvalidInput("epochs", found=epochs, expected="at least 1")
    weights = [parameter for parameter in module.parameters() if parameter.requires_grad]
    steps = make_optimizer(optimizer, weights, lr=lr, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(steps, epochs)
    generator = torch.Generator().manual_seed(seed)
    best, best_epoch, best_state = -1.0, 0, _state(module)
    history: list[float] = []
    with reproducible():
        for epoch in range(1, epochs + 1):
            module.train()
            for rows in torch.split(torch.randperm(len(y), generator=generator), batch):
                steps.zero_grad()
                loss = nn.functional.cross_entropy(module(take(x, rows)), y[rows])
                loss.backward()  # type: ignore[no-untyped-call]
                steps.step()
            schedule.step()
            history.append(measure(module, held_x, held_y))
            if history[-1] > best:
                best, best_epoch, best_state = history[-1], epoch, _state(module)
            if progress is not None:
                progress(f"epoch {epoch}, validation {history[-1]:.3f}", epoch / epochs)
            if patience is not None and epoch - best_epoch >= patience:
                break
    module.load_state_dict(best_state)
    module.eval()
    return FitResult(best, best_epoch, tuple(history))


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
    """Accuracy in eval mode, between 0 and 1; the module's mode is restored."""
    mode = module.training
    module.eval()
    right = 0
    for start in range(0, len(y), 1024):
        rows = slice(start, start + 1024)
        right += int((module(_views(x, rows)).argmax(1) == y[rows]).sum())
    module.train(mode)
    return right / len(y)


def take(inputs: Inputs, rows: Tensor) -> Inputs:
    """The given rows of every tensor in ``inputs``."""
    if isinstance(inputs, Tensor):
        return inputs.index_select(0, rows)
    return {name: take(part, rows) for name, part in inputs.items()}


def _views(inputs: Inputs, rows: slice) -> Inputs:
    if isinstance(inputs, Tensor):
        return inputs[rows]
    return {name: _views(part, rows) for name, part in inputs.items()}


def _state(module: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}


@contextmanager
def reproducible() -> Iterator[None]:
    """Deterministic kernels on one thread for the block; the former settings return afterwards.

    The number of threads decides the order of sums, hence the last digits. One thread is also the
    fastest for networks this small, and the kindest to other workers on the machine.
    """
    threads = torch.get_num_threads()
    before = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=warn_only)
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
