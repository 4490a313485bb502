"""The evaluator of a real search: heads trained on the cached features of frozen branches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import astuple, replace
from functools import partial

from torch import Tensor

from composer.fusion import FusionHead
from composer.latency import head_latency_ms, known_latency_ms, latency_ms
from composer.spec import FusionSpec
from search.differentiable import Relaxed, relax
from search.evaluate import FAULTS, Outcome, Trained, Watch
from search.space import FusionSpace, digest
from training.batched import Head, Shared, prepared, shape, train_heads
from training.data import SEARCHED
from training.features import FeatureCache, SlotFeatures
from training.head import SETTINGS, HeadSettings, accuracy, new_head, train_head


class CachedEvaluator:
    """Trains and measures candidates without ever running a backbone twice.

    The search only reads the training and the validation split; :meth:`test` is the one door to
    the test split, and :func:`search.finish.finish` goes through it once.
    """

    def __init__(self, features: FeatureCache, settings: HeadSettings = SETTINGS) -> None:
        self.features, self.settings = features, settings

    @property
    def fingerprint(self) -> str:
        """Digest of the data and of how heads are trained."""
        return digest([self.features.data.digest, *astuple(self.settings)])

    @property
    def epochs(self) -> int:
        """The most epochs that a candidate is trained for."""
        return self.settings.epochs

    @property
    def samples(self) -> int:
        """Size of the validation split."""
        return len(self.features.labels("validation"))

    def train(self, spec: FusionSpec, *, seed: int, watch: Watch | None = None) -> Trained:
        """Train the head of ``spec``."""
        epochs = 0

        def count(epoch: int, value: float) -> None:
            nonlocal epochs
            epochs = epoch
            if watch is not None:
                watch(epoch, value)

        head, validation = train_head(
            spec,
            self._features(spec),
            self._labels(),
            classes=self.features.classes,
            seed=seed,
            settings=self.settings,
            watch=count,
        )
        return Trained(spec, validation, head, epochs)

    def train_many(self, specs: Sequence[FusionSpec], *, seeds: Sequence[int]) -> list[Outcome]:
        """Train several heads, those of one shape in one pass (see ``training.batched``)."""
        outcomes: dict[int, Outcome] = {}
        shared: Shared = {}
        groups: dict[Hashable, list[tuple[int, Head]]] = defaultdict(list)
        for number, (spec, seed) in enumerate(zip(specs, seeds, strict=True)):
            try:
                features = self._features(spec)
                head = new_head(spec, features, self.features.classes, seed)
                if head.classifier is None:
                    outcomes[number] = self.train(spec, seed=seed)
                else:
                    groups[shape(head)].append((number, prepared(head, features, shared)))
            except FAULTS as error:
                outcomes[number] = error
        for group in groups.values():
            found = self._train_group([head for _, head in group])
            for (number, one), outcome in zip(group, found, strict=True):
                outcomes[number] = (
                    outcome
                    if isinstance(outcome, BaseException)
                    else Trained(specs[number], outcome[0], one.head, outcome[1])
                )
        return [outcomes[number] for number in range(len(specs))]

    def unite(self, networks: Sequence[Trained]) -> Trained:
        """Trained networks over the same branches as one committee; nothing is trained."""
        head = FusionHead.committee([network.head for network in networks])
        held = self.features.slots(head.spec, "validation")
        value = accuracy(head, held, self.features.labels("validation"))
        return Trained(head.spec, value, head, sum(network.epochs for network in networks))

    def relax(
        self, space: FusionSpace, checkpoints: Sequence[str], *, depth: int, seed: int
    ) -> Relaxed:
        """Learn ``depth`` layers over these branches, one for each slot, all options at once."""
        spec = FusionSpec(space.names, tuple(checkpoints), "layers")
        return relax(
            self._features(spec),
            self._labels(),
            classes=self.features.classes,
            checkpoints=dict(zip(space.names, checkpoints, strict=True)),
            depth=depth,
            width=space.widths[len(space.widths) // 2],
            operators=space.operators,
            nonlinearities=space.nonlinearities,
            seed=seed,
        )

    def costs(self, network: Trained, names: Sequence[str]) -> dict[str, float]:
        """Size and time of the branches and the head, for one sample, on this machine.

        ``latency_ms`` is the sum over the parts, to a hundredth: finer differences are noise. Each
        part was measured when it was first asked for (see ``composer.latency``).
        """
        measures = {"parameters": self._parameters, "latency_ms": self._latency_ms}
        return {name: measures[name](network) for name in names}

    def test(self, networks: Sequence[Trained]) -> list[float]:
        """Accuracy of each network on the test split."""
        labels = self.features.test_labels()
        return [
            accuracy(network.head, self.features.test_slots(network.spec), labels)
            for network in networks
        ]

    def _parameters(self, network: Trained) -> float:
        branches = [self.features.branch(sha256).network for sha256 in network.spec.checkpoints]
        own = sum(weight.numel() for weight in network.head.parameters())
        return own + sum(branch.parameter_count() for branch in branches)

    def _latency_ms(self, network: Trained) -> float:
        home, head = self.features.home, network.head
        total = 0.0
        for sha256 in network.spec.checkpoints:
            branch = self.features.branch(sha256).network
            total += known_latency_ms(home, sha256, partial(latency_ms, branch))
        shape = repr((replace(network.spec, checkpoints=()), head.widths, head.classes))
        return round(total + known_latency_ms(home, shape, partial(head_latency_ms, head)), 2)

    def _train_group(self, heads: list[Head]) -> list[tuple[float, int] | BaseException]:
        """Train heads of one shape; where that fails (too many for the memory) one by one."""
        try:
            return [*train_heads(heads, self._labels(), self.settings)]
        except FAULTS as error:
            if len(heads) == 1:
                return [error]
            return [found for head in heads for found in self._train_group([head])]

    def _features(self, spec: FusionSpec) -> Mapping[str, SlotFeatures]:
        return {split: self.features.slots(spec, split) for split in SEARCHED}

    def _labels(self) -> Mapping[str, Tensor]:
        return {split: self.features.labels(split) for split in SEARCHED}
