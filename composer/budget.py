"""What a candidate model may cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from atlas.errors import InvalidInput

FLOAT_BYTES = 4
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Budget:
    """Upper limits for each candidate model; None: no limit.

    Attributes:
        parameters: how many it may have.
        memory_mb: megabytes (10⁶) of its weights and of one sample's maps at the tap points, as
            32-bit floats.
        latency_ms: milliseconds for one sample on this machine, on one thread, as measured when it
            was first asked (see ``composer.latency``).
    """

    parameters: int | None = None
    memory_mb: float | None = None
    latency_ms: float | None = None

    def to_dict(self) -> dict[str, float]:
        """The limits that there are.

        >>> Budget(parameters=1000).to_dict()
        {'parameters': 1000}
        """
        return {name: limit for name, limit in asdict(self).items() if limit is not None}

    def __post_init__(self) -> None:
        for name in ("parameters", "memory_mb", "latency_ms"):
            limit = getattr(self, name)
            if limit is not None and not limit > 0:
                raise InvalidInput(f"budget.{name}", found=limit, expected="more than 0")

    def against(self, model: Mapping[str, Any], latency_ms: Callable[[], float]) -> str | None:
        """Why a model of the library is too expensive; None if it is not.

        ``latency_ms`` is asked where it is limited and nothing else speaks against the model.
        """
        if self.parameters is not None and model["parameters"] > self.parameters:
            return f"{model['parameters']:,} parameters, {self.parameters:,} allowed"
        if self.memory_mb is not None and (need := memory_mb(model)) > self.memory_mb:
            return f"{need:.2f} MB of memory, {self.memory_mb:g} allowed"
        if self.latency_ms is None:
            return None
        try:
            took = latency_ms()
        except InvalidInput as error:
            return f"its latency cannot be measured ({error})"
        if took > self.latency_ms:
            return f"{took:.2f} ms for a sample, {self.latency_ms:g} allowed"
        return None


UNLIMITED = Budget()


def memory_mb(model: Mapping[str, Any]) -> float:
    """Megabytes of a model's weights and of one sample's maps at its tap points.

    >>> memory_mb({"parameters": 1_000_000, "taps": {"conv1": [8, 14, 14]}})
    4.006272
    """
    maps = 0
    for shape in model["taps"].values():
        numbers = 1
        for extent in shape:
            numbers *= extent
        maps += numbers
    return (int(model["parameters"]) + maps) * FLOAT_BYTES / MEGABYTE
