"""What the report on AV-MNIST measures, cell by cell; a cell that is on disk is not done again.

Any number of processes may measure at once: each takes a cell that nobody has taken and that lacks
nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout

from atlas.errors import InvalidInput
from atlas.whole_files import write_whole
from composer.branches import load_branch
from composer.checkpoints import CheckpointStore
from composer.fusion import FusionHead
from composer.spec import FusionSpec
from search.cached import CachedEvaluator
from search.finish import finish
from search.samplers import find_sampler
from search.space import FusionSpace, SlotOptions
from search.study import search
from training.av_mnist.build import build, opened
from training.av_mnist.parameters import Parameters
from training.av_mnist.sources import Sources
from training.data import MultimodalData
from training.features import FeatureCache
from training.head import accuracy
from training.pretrain import pretrain_checkpoint

NETS = ("lenet3", "lenet5", "mediumnet", "sparsenet")
MODALITIES = ("image", "audio")
SLOTS = {"image": "visual", "audio": "auditory"}
PAIRS = tuple((image, audio) for image in NETS for audio in NETS if image != audio)
"""The paper's twelve, picture × sound."""

PAPER, NOISY = SETTINGS = ("paper", "noisy")

NOISE = 1.0
"""``noise_power`` of the noisy setting: as loud as recorded, sound alone is no longer enough."""

PAUSE_S = 1.0
"""Until the next look whether a cell is free, when all that could be measured are taken."""

Cell = dict[str, Any]
Say = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Scale:
    """How large the measurement is; sizes of None mean all there is."""

    train: int | None
    validation: int | None
    test: int | None
    epochs: int
    trials: int
    sampler: str
    noise: float

    def __post_init__(self) -> None:
        for name in ("train", "validation", "test", "epochs", "trials"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InvalidInput(name, found=value, expected="1 or more")
        find_sampler(self.sampler)

    @property
    def key(self) -> str:
        """Name of the folder of results."""
        sizes = "-".join(str(n or "all") for n in (self.train, self.validation, self.test))
        return f"{sizes}-e{self.epochs}-t{self.trials}-{self.sampler}-n{self.noise:g}"

    def parameters(self, setting: str) -> Parameters:
        """The data of a setting: both have the same pictures, voices and pairs."""
        sizes = {"train": self.train, "validation": self.validation, "test": self.test}
        own = {} if setting == PAPER else {"noise_power": self.noise}
        return Parameters(**sizes, **own)  # type: ignore[arg-type]


FULL = Scale(None, None, None, epochs=12, trials=40, sampler="progressive", noise=NOISE)
QUICK = Scale(600, 300, 500, epochs=6, trials=4, sampler="progressive", noise=NOISE)


class Work(NamedTuple):
    """A cell to be measured: its name, the cells it needs, and how."""

    name: str
    needs: tuple[str, ...]
    measure: Callable[[], Cell]


class Measurement:
    """One measurement: its data, its networks, and the cells it has so far."""

    def __init__(self, home: Path, sources: Sources, scale: Scale, say: Say) -> None:
        self.home, self.sources, self.scale, self.say = home, sources, scale, say
        self.folder = home / "reports" / "av-mnist" / scale.key
        self.checkpoints = CheckpointStore.at(home)
        self._data: dict[str, MultimodalData] = {}
        self._caches: dict[str, FeatureCache] = {}

    def run(
        self,
        seeds: int,
        minutes: float | None = None,
        settings: Sequence[str] = SETTINGS,
    ) -> None:
        """Measure every cell that is missing, seed by seed; begin none after ``minutes``.

        The noisy setting uses the networks for pictures of the paper's, which come with it.
        """
        start, work = time.monotonic(), list(self._work(seeds, settings))
        self.folder.mkdir(parents=True, exist_ok=True)
        while missing := [cell for cell in work if not self._path(cell.name).exists()]:
            if minutes is not None and time.monotonic() - start > 60 * minutes:
                return
            if not any(self._take(cell, 1 - len(missing) / len(work)) for cell in missing):
                time.sleep(PAUSE_S)  # others measure what is left, or what it needs

    def _take(self, work: Work, done: float) -> bool:
        """Measure a cell; False when it lacks others, or when another process has taken it."""
        path = self._path(work.name)
        if not all(self._path(name).exists() for name in work.needs):
            return False
        try:
            with FileLock(path.with_suffix(".lock"), timeout=0):
                if not path.exists():
                    self.say(work.name, done)
                    began = time.monotonic()
                    cell = work.measure()
                    cell["seconds"] = round(time.monotonic() - began, 1)
                    write_whole(path, json.dumps(cell).encode(), what="result")
        except Timeout:
            return False
        return True

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def progress(self, seeds: int, settings: Sequence[str] = SETTINGS) -> tuple[int, int]:
        """How many cells there are, and how many there are to be."""
        work = [cell.name for cell in self._work(seeds, settings)]
        return sum(self._path(name).exists() for name in work), len(work)

    def contents(self) -> dict[str, str]:
        """Setting → digest of its data."""
        return {setting: self.data(setting).content for setting in SETTINGS}

    def cells(self) -> dict[str, Cell]:
        """Everything measured so far, by name."""
        return {p.stem: json.loads(p.read_text()) for p in sorted(self.folder.glob("*.json"))}

    def data(self, setting: str) -> MultimodalData:
        """The data set of a setting, built when it is first asked for."""
        if setting not in self._data:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / f"{setting}.lock"):  # one process builds, the others wait
                built = build(self.sources, self.scale.parameters(setting), self.home, name=None)
            self._data[setting] = opened(built, f"av-mnist-report-{setting}")
        return self._data[setting]

    def _work(self, seeds: int, settings: Sequence[str]) -> Iterator[Work]:
        for seed in range(seeds):
            if PAPER not in settings:
                for net in NETS:
                    yield self._branch_work(PAPER, seed, "image", net)
            for setting in settings:
                for modality in MODALITIES:
                    for net in NETS:
                        yield self._branch_work(setting, seed, modality, net)
                for image, audio in PAIRS:
                    chosen = zip(MODALITIES, (image, audio), strict=True)
                    needs = tuple(branch_name(setting, seed, *one) for one in chosen)
                    measure = _later(self._fusion, setting, seed, image, audio)
                    yield Work(fusion_name(setting, seed, image, audio), needs, measure)

    def _branch_work(self, setting: str, seed: int, modality: str, net: str) -> Work:
        shared = modality == "image" and setting != PAPER
        needs = (branch_name(PAPER, seed, modality, net),) if shared else ()
        measure = _later(self._branch, setting, seed, modality, net)
        return Work(branch_name(setting, seed, modality, net), needs, measure)

    def _branch(self, setting: str, seed: int, modality: str, net: str) -> Cell:
        """Train a network on one modality. Noise does not change pictures, nor their networks."""
        cache = self._cache(setting)
        if modality == "image" and setting != PAPER:
            sha256 = self._sha256(PAPER, seed, modality, net)
        else:
            data, epochs = self.data(setting), self.scale.epochs
            trained = pretrain_checkpoint(
                self.checkpoints, net, data, modality, seed=seed, epochs=epochs
            )
            sha256 = trained.stored.sha256
        slot = SLOTS[modality]
        alone = FusionSpec((slot,), (sha256,), "single")
        evaluator = CachedEvaluator(cache)
        network = evaluator.train(alone, seed=seed)
        found: Cell = {"sha256": sha256, "validation": network.validation}
        found["test"] = evaluator.test([network])[0]
        return found

    def _fusion(self, setting: str, seed: int, image: str, audio: str) -> Cell:
        """Search a fusion of two networks; the trivial ones come with it."""
        chosen = {
            modality: self._sha256(setting, seed, modality, net)
            for modality, net in zip(MODALITIES, (image, audio), strict=True)
        }
        space = FusionSpace.from_slots(
            [
                SlotOptions(
                    SLOTS[modality],
                    [(sha256, list(load_branch(self.checkpoints, sha256).network.taps))],
                )
                for modality, sha256 in chosen.items()
            ]
        )
        cache = self._cache(setting)
        evaluator = CachedEvaluator(cache)
        found = search(
            space, evaluator, sampler=self.scale.sampler, trials=self.scale.trials, seed=seed,
            batch=min(8, self.scale.trials),
        )  # fmt: skip
        final = finish(found, evaluator, seed=seed)
        return {
            "validation": final.validation,
            "test": final.test,
            "missing": _missing(cache, final.trained.head, final.spec),
            "spec": final.spec.to_dict(),
        }

    def _sha256(self, setting: str, seed: int, modality: str, net: str) -> str:
        path = self._path(branch_name(setting, seed, modality, net))
        return str(json.loads(path.read_text())["sha256"])

    def _cache(self, setting: str) -> FeatureCache:
        if setting not in self._caches:
            data = self.data(setting)
            self._caches[setting] = FeatureCache(self.home, self.checkpoints, data)
        return self._caches[setting]


def branch_name(setting: str, seed: int, modality: str, net: str) -> str:
    """Name of the cell of one network alone."""
    return f"{setting}-{seed}-{modality}-{net}"


def fusion_name(setting: str, seed: int, image: str, audio: str) -> str:
    """Name of the cell of one pair."""
    return f"{setting}-{seed}-pair-{image}-{audio}"


def _missing(cache: FeatureCache, head: FusionHead, spec: FusionSpec) -> dict[str, float]:
    """Accuracy on the test split when only one slot's samples are given, by the slot given."""
    features, labels = cache.test_slots(spec), cache.test_labels()
    return {slot: accuracy(head, {slot: features[slot]}, labels) for slot in spec.slots}


def _later(work: Callable[..., Cell], *given: Any) -> Callable[[], Cell]:  # noqa: ANN401
    return lambda: work(*given)
