"""What a candidate model may cost, and whether it can take the data set's samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
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
        latency_ms: milliseconds for one sample on this machine, on one thread (measured).
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

    def against(self, model: Mapping[str, Any]) -> str | None:
        """Why a model of the library is too expensive; None if it is not."""
        if self.parameters is not None and model["parameters"] > self.parameters:
            return f"{model['parameters']:,} parameters, {self.parameters:,} allowed"
        if self.memory_mb is not None and (need := memory_mb(model)) > self.memory_mb:
            return f"{need:.2f} MB of memory, {self.memory_mb:g} allowed"
        if self.latency_ms is not None:
            shape = tuple(model["inputs"].get("shape") or ())
            if not shape:
                return "its latency cannot be measured: nothing is known of its input's shape"
            if not _buildable(model["family"]):
                return f"its latency cannot be measured: no family is called {model['family']!r}"
            took = latency_ms(model["family"], shape, _width(model))
            if took > self.latency_ms:
                return f"{took:.2f} ms for a sample, {self.latency_ms:g} allowed"
        return None


@dataclass(frozen=True, slots=True)
class Offer:
    """What a data set has: its modalities and, where known, the shape of a prepared sample."""

    modalities: Sequence[str]
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def against(self, modality: str, model: Mapping[str, Any] | None) -> str | None:
        """Why a model cannot be fed; None if it can."""
        if modality not in self.modalities:
            return f"its models need {modality}; the data set offers {', '.join(self.modalities)}"
        shape = self.shapes.get(modality)
        wanted = tuple(model["inputs"].get("shape", ())) if model else ()
        if shape and wanted and len(shape) != len(wanted):
            return f"reads samples of {len(wanted)} dimensions, the data set's have {len(shape)}"
        low = _minimum(model["family"]) if model and len(shape or ()) == 3 else None
        if shape and low and (shape[1] < low[0] or shape[2] < low[1]):
            return f"needs {low[0]} × {low[1]}, the data set has {shape[1]} × {shape[2]}"
        return None


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


@lru_cache(maxsize=256)
def latency_ms(family: str, shape: tuple[int, ...], width: float, classes: int = 10) -> float:
    """Milliseconds for one sample through a new network: the median of nine, one thread."""
    import statistics
    import time

    import torch

    from composer.families.registry import find_family

    network = find_family(family).build(shape, classes, width).eval()
    meta = network.nothing()
    sample = torch.zeros(meta.shape, dtype=meta.dtype)
    took = []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.inference_mode():
        for _ in range(11):
            start = time.perf_counter()
            network(sample)
            took.append(time.perf_counter() - start)
    torch.set_num_threads(threads)
    return 1000 * statistics.median(took[2:])


def _width(model: Mapping[str, Any]) -> float:
    return float(model["size"].get("width", 1.0))


def _buildable(family: str) -> bool:
    from composer.families.registry import all_families

    return family in all_families()


def _minimum(family: str) -> tuple[int, int] | None:
    """Smallest height and width of a family; None for those that read tokens, and of no family."""
    from composer.families.registry import all_families

    found = all_families().get(family)
    return None if found is None or found.tokens else found.minimum
