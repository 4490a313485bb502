from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from composer.branches import save_branch
from composer.checkpoints import CheckpointStore
from composer.spec import FusionSpec
from training.data import SPLITS, MultimodalData, Samples
from training.datasets import find_dataset
from training.pretrain import pretrain


@pytest.fixture(scope="session")
def demo() -> MultimodalData:
    """What `digits-dtmf` names: made once in a process, whichever rooms ask for it."""
    return find_dataset("digits-dtmf", Path()).load(Path())


def part(data: MultimodalData, count: int) -> MultimodalData:
    """The first samples of each split: enough to try things, fast."""
    splits = {
        name: Samples(
            {m: data.raw(m, name)[:count] for m in data.modalities}, data.splits[name].y[:count]
        )
        for name in SPLITS
    }
    return replace(data, id="a part", splits=splits)


@pytest.fixture(scope="session")
def small(demo: MultimodalData) -> MultimodalData:
    return part(demo, 40)


@dataclass(frozen=True)
class Library:
    store: CheckpointStore
    image: str
    audio: str

    def spec(self, kind: str) -> FusionSpec:
        return FusionSpec(("see", "hear"), (self.image, self.audio), kind)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def library(demo: MultimodalData, tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Two branches, trained on the demo data for a few epochs."""
    store = CheckpointStore(Path(tmp_path_factory.mktemp("library")))
    found = []
    for modality, epochs in (("image", 6), ("audio", 10)):
        network, _ = pretrain("mediumnet", demo, modality, epochs=epochs)
        saved = save_branch(
            store, network, demo.spec(modality), demo.labels, dataset=demo.id, seed=0
        )
        found.append(saved.sha256)
    return Library(store, *found)
