"""What a search asks of the thing that trains candidates."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from composer.spec import FusionSpec

if TYPE_CHECKING:
    from composer.fusion import FusionHead
    from search.differentiable import Relaxed
    from search.space import FusionSpace


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained head, its accuracy on the validation split (0 to 1), the epochs that it took."""

    spec: FusionSpec
    validation: float
    head: FusionHead
    epochs: int = 0


Watch = Callable[[int, float], None]
"""Called after each epoch with its number (from 1) and the validation accuracy."""

FAULTS = (RuntimeError, MemoryError, ArithmeticError)
"""A candidate's own fault: too large for the memory, or numbers that ran away."""

Outcome = Trained | BaseException
"""A trained candidate, or one of ``FAULTS``."""


class Evaluator(Protocol):
    """Trains heads for specs. Same spec and seed on one machine: same result."""

    @property
    def fingerprint(self) -> str:
        """Digest of the data and of how heads are trained."""

    @property
    def epochs(self) -> int:
        """The most epochs that a candidate is trained for."""

    @property
    def samples(self) -> int:
        """Size of the validation split."""

    def train(self, spec: FusionSpec, *, seed: int, watch: Watch | None = None) -> Trained:
        """Train on the training split, choose epochs on validation.

        ``watch`` is called after each epoch with its number and validation accuracy; what it
        raises ends the training.
        """

    def train_many(self, specs: Sequence[FusionSpec], *, seeds: Sequence[int]) -> list[Outcome]:
        """Train several at once; the error of each that cannot be trained in its place."""

    def unite(self, networks: Sequence[Trained]) -> Trained:
        """Trained networks over the same branches as one committee, measured on validation."""

    def relax(
        self, space: FusionSpace, checkpoints: Sequence[str], *, depth: int, seed: int
    ) -> Relaxed:
        """Learn ``depth`` layers over these branches, one for each slot, all options at once."""

    def costs(self, network: Trained, names: Sequence[str]) -> dict[str, float]:
        """What a network costs with its branches: those of ``search.objectives.COSTS`` named."""

    def test(self, networks: Sequence[Trained]) -> list[float]:
        """Accuracy of each on the test split, which nothing else may read."""


def derive(seed: int, *purpose: str) -> int:
    """A seed of its own for each purpose, 32 bits (the most that NumPy takes).

    >>> derive(0, "head") == derive(0, "head") != derive(1, "head")
    True
    """
    text = "/".join([str(seed), *purpose])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
