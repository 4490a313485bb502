"""The evaluator of a real search: heads trained on the cached features of frozen branches."""

from __future__ import annotations

from collections.abc import Sequence

from composer.spec import FusionSpec
from search.evaluate import Trained
from search.space import digest
from training.features import FeatureCache
from training.head import BATCH, EPOCHS, LEARNING_RATE, PATIENCE, WEIGHT_DECAY, accuracy, train_head


class CachedEvaluator:
    """Trains and measures candidates without ever running a backbone twice.

    The search only reads the training and the validation split; :meth:`test` is the one door to
    the test split, and :func:`search.finish.finish` goes through it once.
    """

    def __init__(self, features: FeatureCache) -> None:
        self.features = features

    @property
    def fingerprint(self) -> str:
        """Digest of the data and of how heads are trained."""
        return digest(
            [self.features.data.digest, EPOCHS, PATIENCE, LEARNING_RATE, WEIGHT_DECAY, BATCH]
        )

    def train(self, spec: FusionSpec, *, seed: int, effort: float = 1.0) -> Trained:
        """Train the head of ``spec``; ``effort`` scales epochs and patience."""
        head, validation = train_head(
            spec,
            {split: self.features.slots(spec, split) for split in ("train", "validation")},
            {split: self.features.labels(split) for split in ("train", "validation")},
            classes=self.features.classes,
            seed=seed,
            epochs=round(EPOCHS * effort),
            patience=round(PATIENCE * effort),
        )
        return Trained(spec, validation, head)

    def test(self, networks: Sequence[Trained]) -> list[float]:
        """Accuracy of each network on the test split."""
        labels = self.features.test_labels()
        return [
            accuracy(network.head, self.features.test_slots(network.spec), labels)
            for network in networks
        ]
