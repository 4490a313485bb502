"""What is known of a data set before it is opened, and how a candidate's network is had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph.store import Store


@dataclass(frozen=True, slots=True)
class Source:
    """Where a model's network comes from: its published ``weights``, or training without them.

    ``against`` says why it can be had in neither way, ``note`` why not from its published weights.
    """

    weights: str | None = None
    against: str | None = None
    note: str | None = None


class Offer:
    """Judges the candidates of a plan by the modalities of a data set alone; no torch.

    :class:`composer.supply.Supply` opens the data set and the library's weights. ``modalities``
    None: there is no data set to be fed from, and only what a network costs is asked.
    """

    def __init__(self, store: Store, home: Path, modalities: Sequence[str] | None = None) -> None:
        self.store, self.home, self.modalities = store, home, modalities

    def source(self, model: Mapping[str, Any], modality: str) -> Source:
        """How a model's network can be had for the data set, or why it cannot."""
        del model
        if self.modalities is None or modality in self.modalities:
            return Source()
        if not modality:
            return Source(against="nothing is stated of what it reads (its modality)")
        offers = ", ".join(self.modalities)
        return Source(against=f"its models need {modality}; the data set offers {offers}")

    def latency_ms(self, model: Mapping[str, Any], modality: str, weights: str | None) -> float:
        """Milliseconds for one sample on this machine, on one thread; measured once.

        Raises:
            InvalidInput: there is no network that could be measured.
        """
        from composer.supply import Supply

        return Supply(self.store, self.home).latency_ms(model, modality, weights)
