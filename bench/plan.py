"""Planning and composing.

Run ``python -m bench.plan [--json]``. On the built-in brain, warm: the plan of 250 active regions
(of Seitzman's 300) against reading everything again, activation included. Then 50 library models
put together: the ready network of one forward pass, built on the meta device and filled from
mapped files, against building each with drawn weights and copying.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench._report import Results, case, main
from composer.activation import Inputs, activate
from composer.branches import save_branch
from composer.checkpoints import CheckpointStore
from composer.families.registry import find_family
from composer.fusion import FusionHead
from composer.inputs import InputSpec
from composer.library import register_models
from composer.network import ComposedNetwork, load_composition, save_composition
from composer.plan import make_plan
from composer.spec import FusionSpec
from graph.config import StoreConfig
from graph.store import Store
from ingest.load import load_builtin

ACTIVE, MODULES, REPEATS = 250, 50, 7
LABELS = tuple("0123456789")


def median(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median seconds, after one unmeasured run."""
    work()
    took = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return statistics.median(took)


def planning(home: Path) -> Results:
    """The plan alone, and with the activation that it starts from."""
    regions = tuple(f"seitzman300:{number}" for number in range(1, ACTIVE + 1))
    inputs = Inputs(regions=regions, atlas="seitzman300")
    with Store.open(StoreConfig(home=home)) as store:
        load_builtin(store)
        register_models(store)
        activation = activate(store, inputs)
        ours = median(lambda: make_plan(store, activation))
        whole = median(lambda: make_plan(store, activate(store, inputs)), 3)
        return {f"plan of {ACTIVE} active regions": case(ours, whole)}


def composing(home: Path) -> Results:
    """A network of 50 slots from the store."""
    store = CheckpointStore(home / "checkpoints")
    spec, family = InputSpec("image", 28, 28), find_family("lenet5")
    shas = [
        save_branch(store, family.build(spec.shape, 10, seed=i), spec, LABELS, dataset="x", seed=i)
        for i in range(MODULES)
    ]
    names = tuple(f"slot{number}" for number in range(MODULES))
    fusion = FusionSpec(names, tuple(saved.sha256 for saved in shas), "late_concat")
    widths = dict.fromkeys(names, family.shape_only(spec.shape, 10).widths())
    head = save_composition(store, fusion, FusionHead(widths, 10, fusion), labels=LABELS, seed=0)

    def copied() -> ComposedNetwork:
        parts = {}
        for name, sha256 in zip(names, fusion.checkpoints, strict=True):
            parts[name] = family.build(spec.shape, 10)
            parts[name].load_state_dict(store.load(sha256))
        network = ComposedNetwork(parts, FusionHead(widths, 10, fusion))
        network.head.load_state_dict(store.load(head.sha256))
        return network.eval()

    size = (sum(saved.bytes for saved in shas) + head.bytes) / 1e6
    name = f"{MODULES} modules composed ({size:.0f} MB)"
    ours = median(lambda: load_composition(store, head.sha256))
    return {name: case(ours, median(copied, 3))}


def run() -> Results:
    with tempfile.TemporaryDirectory() as home:
        return planning(Path(home)) | composing(Path(home))


if __name__ == "__main__":
    main(run, __doc__)
