"""Where networks are trained."""

from __future__ import annotations

import pytest
import torch

from atlas.errors import InvalidInput
from training.device import VARIABLE, training_device


def test_the_cpu_unless_asked_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert training_device() == torch.device("cpu")


def test_a_device_that_is_not_there_is_refused_with_those_that_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(VARIABLE, "cuda:17")
    with pytest.raises(
        InvalidInput, match=r"NEUROWEAVE_DEVICE: found cuda:17, expected one of cpu"
    ):
        training_device()
