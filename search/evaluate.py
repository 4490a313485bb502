"""What a search asks of the thing that trains candidates."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from composer.spec import FusionSpec

if TYPE_CHECKING:
    from composer.fusion import FusionHead


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained head and its accuracy on the validation split, between 0 and 1."""

    spec: FusionSpec
    validation: float
    head: FusionHead


class Evaluator(Protocol):
    """Trains heads for specs. Same spec, seed and effort on one machine: same result."""

    @property
    def fingerprint(self) -> str:
        """Digest of the data and of how heads are trained."""

    def train(self, spec: FusionSpec, *, seed: int, effort: float = 1.0) -> Trained:
        """Train on the training split, choose epochs on validation; ``effort`` scales epochs."""

    def test(self, networks: Sequence[Trained]) -> list[float]:
        """Accuracy of each on the test split, which nothing else may read."""


def derive(seed: int, *purpose: str) -> int:
    """A seed of its own for each purpose, 32 bits (the most that NumPy takes).

    >>> derive(0, "head") == derive(0, "head") != derive(1, "head")
    True
    """
    text = "/".join([str(seed), *purpose])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
