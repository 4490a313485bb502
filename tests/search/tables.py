"""A tabular evaluator: accuracy is a fixed function of the network, so searches take no time."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from composer.fusion import FusionHead
from composer.spec import FusionSpec
from search.differentiable import Choices, Relaxed
from search.evaluate import Outcome, Trained, Watch
from search.space import FusionSpace, SlotOptions, architecture

WEIGHTED = ("layers", "late_concat", "stacking")
BRANCHES = {"v1": 0.5, "v2": 0.7, "s1": 0.6, "s2": 0.4}
HEAD = FusionHead({"v": {"logits": 2}}, 2, FusionSpec(("v",), ("v1",), "single"))


def small_space(depth: int = 2) -> FusionSpace:
    visual = SlotOptions("visual", [("v1", ["a", "b"]), ("v2", ["a", "b", "c"])])
    auditory = SlotOptions("auditory", [("s1", ["p", "q"]), ("s2", ["p"])])
    return FusionSpace.from_slots([visual, auditory], depth)


def accuracy(spec: FusionSpec) -> float:
    if spec.members:
        return max(map(accuracy, spec.members)) + 0.01
    branches = [BRANCHES[checkpoint] for checkpoint in spec.checkpoints]
    if spec.kind == "single":
        return branches[0]
    joined = sum(branches) / len(branches)
    bonus = {"sum_log_prob": 0.1, "late_concat": 0.12, "stacking": 0.11, "layers": 0.05}[spec.kind]
    deep = sum(layer.taps[0] != "a" for layer in spec.layers) * 0.02
    gated = sum(layer.operator == "gated" for layer in spec.layers) * 0.05
    return joined + bonus + deep + gated


def size(spec: FusionSpec) -> int:
    branches = sum(round(1000 * BRANCHES[checkpoint]) for checkpoint in spec.checkpoints)
    return branches + spec.width * len(spec.layers)


def duration_ms(spec: FusionSpec) -> float:
    gates = sum(layer.operator in ("gated", "attention") for layer in spec.layers)
    return len(spec.checkpoints) + 0.2 * len(spec.layers) + 0.1 * gates


@dataclass
class Table:
    """Counts what is trained and how often the test split is read."""

    of: Callable[[FusionSpec], float] = accuracy
    fail: Callable[[FusionSpec], bool] = lambda spec: False
    stop_after: int | None = None
    trained: list[str] = field(default_factory=list)
    tests: int = 0
    fingerprint: str = "table"
    epochs: int = 9
    samples: int = 1000
    together: list[int] = field(default_factory=list)
    relaxed: list[tuple[tuple[str, ...], int]] = field(default_factory=list)

    def train(self, spec: FusionSpec, *, seed: int, watch: Watch | None = None) -> Trained:
        if self.stop_after is not None and len(self.trained) >= self.stop_after:
            raise KeyboardInterrupt
        self.trained.append(architecture(spec))
        if self.fail(spec):
            raise MemoryError("too wide")
        noise = random.Random(seed).gauss(0, 0.01) if spec.kind in WEIGHTED else 0
        value = self.of(spec) + noise
        for epoch in range(1, self.epochs + 1):
            if watch is not None:
                watch(epoch, value * epoch / self.epochs)
        return Trained(spec, value, HEAD, self.epochs)

    def train_many(self, specs: Sequence[FusionSpec], *, seeds: Sequence[int]) -> list[Outcome]:
        self.together.append(len(specs))
        outcomes: list[Outcome] = []
        for spec, seed in zip(specs, seeds, strict=True):
            try:
                outcomes.append(self.train(spec, seed=seed))
            except MemoryError as error:
                outcomes.append(error)
        return outcomes

    def unite(self, networks: Sequence[Trained]) -> Trained:
        first = networks[0].spec
        spec = FusionSpec(
            first.slots, first.checkpoints, "committee", members=tuple(n.spec for n in networks)
        )
        return Trained(spec, self.of(spec), HEAD)

    def relax(
        self, space: FusionSpace, checkpoints: Sequence[str], *, depth: int, seed: int
    ) -> Relaxed:
        self.relaxed.append((tuple(checkpoints), depth))
        choices: Choices = {}
        for layer in range(1, depth + 1):
            choices[f"layer{layer}.operator"] = {"sum": 0.25, "gated": 0.75}
            choices[f"layer{layer}.nonlinearity"] = {"relu": 1.0}
            for options, checkpoint in zip(space.slots, checkpoints, strict=True):
                taps = options.taps(checkpoint)
                shares = {tap: 1 / len(taps) for tap in taps}
                choices[f"layer{layer}.tap.{options.slot}"] = shares
        best = {name: max(of, key=lambda o: of[o]) for name, of in choices.items()}
        bare = FusionSpec(space.names, tuple(checkpoints), "layers", (), 64)
        found = Relaxed(bare, choices, 0.5, 0.4)
        return replace(found, spec=found.network(best))

    def costs(self, network: Trained, names: Sequence[str]) -> dict[str, float]:
        known = {"parameters": size(network.spec), "latency_ms": duration_ms(network.spec)}
        return {name: known[name] for name in names}

    def test(self, networks: Sequence[Trained]) -> list[float]:
        self.tests += 1
        return [self.of(network.spec) for network in networks]


class Slow(Table):
    """Notes what it trains before it does, in a file, and takes its time; may be killed at it."""

    def __init__(self, folder: str, name: str, *, dies: int = 0) -> None:
        super().__init__()
        self.file, self.dies = Path(folder) / name, dies

    def train(self, spec: FusionSpec, *, seed: int, watch: Watch | None = None) -> Trained:
        with self.file.open("a") as file:
            file.write(architecture(spec) + "\n")
        if len(self.trained) + 1 == self.dies:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.05)
        return super().train(spec, seed=seed, watch=watch)
