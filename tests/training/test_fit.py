from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from atlas.errors import InvalidInput
from training.fit import FitResult, fit, make_optimizer, measure, reproducible, take


def blobs(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Three clouds of points that a line can part."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.arange(n) % 3
    centres = torch.tensor([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])
    return centres[y] + torch.randn(n, 2, generator=generator), y


class Noisy(nn.Module):
    """Right in eval mode, always wrong in training mode."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        right = x + self.weight
        return -right if self.training else right


def linear() -> nn.Linear:
    layer = nn.Linear(2, 3)
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.zero_()
    return layer


def train(optimizer: str = "adamw", **options: object) -> tuple[nn.Linear, FitResult]:
    module = linear()
    result = fit(
        module,
        blobs(90, 0),
        blobs(60, 1),
        epochs=20,
        batch=16,
        optimizer=optimizer,
        lr=0.05,
        **options,  # type: ignore[arg-type]
    )
    return module, result


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_it_learns(optimizer: str) -> None:
    module, result = train(optimizer)
    assert result.best > 0.9
    assert result.best == max(result.history)
    assert measure(module, *blobs(60, 1)) == result.best
    assert not module.training


def test_same_seed_same_weights_whatever_the_global_state() -> None:
    torch.manual_seed(1)
    first, _ = train(seed=3)
    torch.manual_seed(2)
    second, _ = train(seed=3)
    other, _ = train(seed=4)
    assert torch.equal(first.weight, second.weight)
    assert not torch.equal(first.weight, other.weight)


def test_global_settings_return() -> None:
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    module = linear()
    state = torch.get_rng_state()
    fit(module, blobs(9, 0), blobs(9, 1), epochs=1)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()


def test_global_settings_return_after_an_interrupt() -> None:
    threads = torch.get_num_threads()

    def interrupted(message: str, fraction: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(progress=interrupted)
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()


def test_deterministic_kernels_inside_the_block() -> None:
    with reproducible():
        assert torch.are_deterministic_algorithms_enabled()
        assert torch.get_num_threads() == 1


def test_best_weights_are_kept_and_patience_stops() -> None:
    module = nn.Linear(2, 3)
    x, y = blobs(60, 0)
    wrong = (x, (y + 1) % 3)
    with torch.no_grad():
        module.weight.copy_(torch.tensor([[-4.0, -4.0], [4.0, 0.0], [0.0, 4.0]]))
        module.bias.copy_(torch.tensor([12.0, 0.0, 0.0]))
    result = fit(module, wrong, (x, y), epochs=50, lr=0.5, patience=3)
    assert result.epoch == 1
    assert len(result.history) == 4
    assert measure(module, x, y) == result.best > result.history[-1]


def test_measured_in_eval_mode_and_mode_comes_back() -> None:
    x = torch.eye(3)
    module = Noisy().train()
    assert measure(module, x, torch.arange(3)) == 1.0
    assert module.training


def test_progress_goes_from_first_to_last_epoch() -> None:
    seen: list[float] = []
    train(progress=lambda message, fraction: seen.append(fraction))
    assert seen == pytest.approx([i / 20 for i in range(1, 21)])


def test_rows_are_taken_from_nested_inputs() -> None:
    rows = torch.tensor([2, 0])
    taken = take({"a": {"b": torch.arange(4)}, "c": torch.arange(8).view(4, 2)}, rows)
    assert isinstance(taken, dict)
    assert taken["a"]["b"].tolist() == [2, 0]
    assert taken["c"].tolist() == [[4, 5], [0, 1]]


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(InvalidInput, match="optimizer: found lion, expected one of adamw, sgd"):
        make_optimizer("lion", [nn.Parameter(torch.zeros(1))], lr=0.1, weight_decay=0.0)
    with pytest.raises(InvalidInput, match="epochs"):
        fit(linear(), blobs(9, 0), blobs(9, 1), epochs=0)
    x, y = blobs(9, 0)
    with pytest.raises(InvalidInput, match="train: found 9 samples, 8 labels"):
        fit(linear(), (x, y[:8]), (x, y), epochs=1)
    with pytest.raises(InvalidInput, match="validation: found 0 samples"):
        fit(linear(), (x, y), (x[:0], y[:0]), epochs=1)
