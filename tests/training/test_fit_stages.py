"""Frozen parts, stages of unfreezing, restarts, clipping, mixed precision, resuming anywhere."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from atlas.errors import Conflict, InvalidInput
from composer.families.base import Build, TapNetwork
from composer.fusion import FusionHead
from composer.network import ComposedNetwork
from composer.spec import FusionLayer, FusionSpec
from tests.training.test_fit import blobs
from training.fit import FitResult, fall, fit


def branch(seed: int) -> TapNetwork:
    """A branch whose statistics move whenever it is in training mode."""
    torch.manual_seed(seed)
    with torch.device("meta"):
        blocks = {
            "one": nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Dropout()),
            "two": nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU()),
        }
        network = TapNetwork(Build("normalised", (1, 4, 4), 3), blocks)
    network.to_empty(device="cpu")
    for name, tensor in network.state_dict().items():
        tensor.copy_(torch.rand(tensor.shape) if tensor.is_floating_point() else tensor * 0)
        if name.endswith("running_var"):
            tensor.fill_(1.0)
    return network.requires_grad_(False)


def composed() -> ComposedNetwork:
    parts = {"eye": branch(0), "ear": branch(1)}
    layer = FusionLayer(("two", "one"), "gated", "tanh")
    spec = FusionSpec(("eye", "ear"), ("", ""), "layers", (layer,), width=8)
    widths = {slot: part.widths() for slot, part in parts.items()}
    return ComposedNetwork(parts, FusionHead(widths, 3, spec))


def scenes(n: int, seed: int) -> tuple[Mapping[str, Tensor], Tensor]:
    x, y = blobs(n, seed)
    return {
        "eye": x[:, :1, None, None].expand(n, 1, 4, 4),
        "ear": x[:, 1:, None, None].expand(n, 1, 4, 4),
    }, y


def states(module: nn.Module, start: str) -> dict[str, Tensor]:
    state = module.state_dict()
    return {name: tensor.clone() for name, tensor in state.items() if name.startswith(start)}


def same(one: dict[str, Tensor], two: dict[str, Tensor]) -> bool:
    return all(torch.equal(one[name], two[name]) for name in one)


def test_frozen_branches_are_bitwise_what_they_were() -> None:
    network = composed()
    before, head = states(network, "branches"), states(network, "head")
    fit(network, scenes(30, 0), scenes(30, 1), epochs=2, batch=8)
    assert same(before, states(network, "branches"))
    assert not same(head, states(network, "head"))


def test_unfreezing_goes_from_the_head_downwards() -> None:
    seen: list[set[str]] = []
    network = composed()

    def watch(epoch: int, value: float) -> None:
        learning = {name for name, w in network.named_parameters() if w.requires_grad}
        seen.append({".".join(name.split(".")[:4]) for name in learning if "blocks" in name})
        norms = {
            name: part.training
            for name, part in network.named_modules()
            if isinstance(part, nn.BatchNorm2d)
        }
        assert norms["branches.0.blocks.two.1"] == (epoch > 1)
        assert norms["branches.0.blocks.one.1"] == (epoch > 2)

    stages = [(0, "head"), (1, "branches.0.blocks.two"), (2, "branches")]
    before = states(network, "branches")
    fit(
        network, scenes(30, 0), scenes(30, 1), epochs=3, batch=8, unfreeze=stages, watch=watch,
        clip=1.0,
    )  # fmt: skip
    two = "branches.0.blocks.two"
    assert seen[:2] == [set(), {two}]
    assert seen[2] == {f"branches.{i}.blocks.{name}" for i in (0, 1) for name in ("one", "two")}
    assert not network.training
    assert before.keys() == states(network, "branches").keys()


def test_nothing_that_learns_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="unfreeze: found nothing that learns"):
        fit(composed(), scenes(9, 0), scenes(9, 1), epochs=1, unfreeze=[(0, "heap")])
    with pytest.raises(InvalidInput, match="unfreeze"):
        fit(nn.Linear(2, 3).requires_grad_(False), blobs(9, 0), blobs(9, 1), epochs=1)


def test_a_batch_of_one_never_reaches_batch_normalisation() -> None:
    network = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    result = fit(network, blobs(9, 0), blobs(9, 1), epochs=2, batch=4)
    assert len(result.history) == 2
    with pytest.raises(InvalidInput, match="batch: found 1, expected at least 2"):
        fit(network, blobs(9, 0), blobs(9, 1), epochs=1, batch=1)


def test_the_learning_rate_starts_anew() -> None:
    rates = [fall(epoch, 14, restart=2) for epoch in range(14)]
    assert [epoch for epoch, rate in enumerate(rates) if rate == 1.0] == [0, 2, 6]
    assert all(0 < rate <= 1 for rate in rates)
    assert fall(5, 10) == pytest.approx(0.5)


def test_clipping_bounds_a_step() -> None:
    def moved(clip: float | None) -> float:
        layer = nn.Linear(2, 3)
        torch.manual_seed(0)
        nn.init.zeros_(layer.weight)
        x, y = blobs(30, 0)
        fit(
            layer, (x * 1e4, y), blobs(9, 1), epochs=1, batch=30, optimizer="sgd", lr=1.0,
            clip=clip, weight_decay=0.0,
        )  # fmt: skip
        return float(layer.weight.detach().norm())

    assert moved(0.1) <= 0.1 * 1.9 + 1e-6  # Nesterov's first step is 1 + momentum long
    assert moved(None) > 1.0


def test_numbers_that_run_away_are_said() -> None:
    x, y = blobs(30, 0)
    with pytest.raises(FloatingPointError, match="the loss is nan in epoch 1"):
        fit(nn.Linear(2, 3), (x * torch.nan, y), (x, y), epochs=2)


def test_half_the_digits_are_enough() -> None:
    layer = nn.Linear(2, 3)
    result = fit(layer, blobs(90, 0), blobs(60, 1), epochs=20, batch=16, lr=0.05, mixed=True)
    assert result.best > 0.9
    assert layer.weight.dtype == torch.float32


class Forgetful(nn.Module):
    """Dropout between two layers; interrupts its training after some number of batches."""

    def __init__(self, stop: int | None = None) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.layers = nn.Sequential(
            nn.Linear(2, 16), nn.BatchNorm1d(16), nn.Dropout(0.3), nn.Linear(16, 3)
        )
        for weight in self.parameters():
            weight.data.uniform_(-1, 1, generator=generator)
        self.stop, self.calls = stop, 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += self.training
        if self.stop is not None and self.calls > self.stop:
            raise KeyboardInterrupt
        logits: Tensor = self.layers(x)
        return logits


def learn(module: nn.Module, path: Path | None = None, lr: float = 0.01) -> FitResult:
    return fit(
        module, blobs(60, 0), blobs(60, 1), epochs=5, batch=16, lr=lr, checkpoint=path, every=1,
        unfreeze=[(0, "layers.3"), (2, "layers")], restart=2,
    )  # fmt: skip


@pytest.mark.parametrize("stop", [1, 4, 6, 9, 17])
def test_an_interrupted_training_ends_like_a_whole_one(tmp_path: Path, stop: int) -> None:
    whole, path = Forgetful(), tmp_path / "fit.state"
    expected = learn(whole)
    with pytest.raises(KeyboardInterrupt):
        learn(Forgetful(stop), path)
    rest = Forgetful()
    assert learn(rest, path) == expected
    assert rest.calls == 5 * 4 - stop
    assert same(whole.state_dict(), rest.state_dict())
    assert list(tmp_path.iterdir()) == []


def test_the_state_of_another_training_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fit.state"
    with pytest.raises(KeyboardInterrupt):
        learn(Forgetful(3), path)
    with pytest.raises(Conflict, match=r"fit\.state of another training"):
        learn(Forgetful(), path, lr=0.02)
    assert path.exists()


SCRIPT = """
import sys, time
from pathlib import Path
from tests.training.test_fit_stages import Forgetful, learn
class Slow(Forgetful):
    def forward(self, x):
        time.sleep(0.05)
        return super().forward(x)
print(learn(Slow(), Path(sys.argv[1])).history)
"""


@pytest.mark.slow
def test_a_killed_training_goes_on_with_the_same_curve(tmp_path: Path) -> None:
    path = tmp_path / "fit.state"
    command = [sys.executable, "-c", SCRIPT, str(path)]
    for _ in range(2):
        child = subprocess.Popen(command, stdout=subprocess.PIPE)
        before = path.stat().st_mtime_ns if path.exists() else 0
        while child.poll() is None and (not path.exists() or path.stat().st_mtime_ns == before):
            time.sleep(0.02)
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        child.communicate()
    assert path.exists()
    last = subprocess.run(command, capture_output=True, text=True, check=True)
    assert last.stdout.strip() == str(learn(Forgetful()).history)
