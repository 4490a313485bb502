"""The whole evidence of one source about one atlas: every region with every function."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from atlas.errors import InvalidInput

Vocabulary = Literal["functions", "terms"]


@dataclass(frozen=True, slots=True, eq=False)
class EvidenceMatrix:
    """Statistics and study counts of all pairs, the insignificant ones included.

    ``z`` is (n_regions, n_functions), standard normal, positive where studies of a function
    report the region more often than others do; ``both`` has the same shape. ``with_region``
    (n_regions,) and ``with_function`` (n_functions,) count studies, as ``n_studies`` does, so
    the four counts of every pair can be had. ``functions`` are ids of functions, or words
    where ``vocabulary`` says ``terms``.

    >>> both, margins = np.array([[3]], np.int32), (np.array([5]), np.array([4]))
    >>> m = EvidenceMatrix(("a:1",), ("f",), both.astype("f"), both, *margins, 10, "s", "z")
    >>> m.region_only.tolist(), m.function_only.tolist(), m.neither.tolist()
    ([[2]], [[1]], [[4]])

    Raises:
        InvalidInput: arrays of other shapes, repeated names, regions of several atlases.
    """

    regions: tuple[str, ...]
    functions: tuple[str, ...]
    z: NDArray[np.float32]
    both: NDArray[np.int32]
    with_region: NDArray[np.int32]
    with_function: NDArray[np.int32]
    n_studies: int
    source: str
    statistic: str
    vocabulary: Vocabulary = "functions"

    def __post_init__(self) -> None:
        r, f = len(self.regions), len(self.functions)
        expected = {"z": (r, f), "both": (r, f), "with_region": (r,), "with_function": (f,)}
        for name, shape in expected.items():
            found = getattr(self, name).shape
            if found != shape:
                raise InvalidInput(f"matrix {name}", found=str(found), expected=str(shape))
        if not np.isfinite(self.z).all():
            raise InvalidInput("matrix z", found="a value that is not finite", expected="numbers")
        for name, ids in (("regions", self.regions), ("functions", self.functions)):
            if len(set(ids)) != len(ids):
                raise InvalidInput(f"matrix {name}", found="repeated ids", expected="each once")
        if len({region.split(":", 1)[0] for region in self.regions}) != 1:
            raise InvalidInput("matrix regions", found="not one atlas", expected="one atlas' ids")

    @property
    def atlas(self) -> str:
        """Id of the atlas all regions belong to."""
        return self.regions[0].split(":", 1)[0]

    @property
    def region_only(self) -> NDArray[np.int32]:
        """(n_regions, n_functions) studies that report the region and not the function."""
        return np.asarray(self.with_region[:, None] - self.both)

    @property
    def function_only(self) -> NDArray[np.int32]:
        """(n_regions, n_functions) studies of the function that do not report the region."""
        return np.asarray(self.with_function[None, :] - self.both)

    @property
    def neither(self) -> NDArray[np.int32]:
        """(n_regions, n_functions) studies that report none of the two."""
        rest = self.n_studies - self.with_region[:, None] - self.with_function[None, :]
        return np.asarray(rest + self.both, dtype=np.int32)

    @property
    def digest(self) -> str:
        """sha256 of the content."""
        texts = (self.source, self.statistic, self.vocabulary, str(self.n_studies))
        found = hashlib.sha256("\n".join((*texts, *self.regions, *self.functions)).encode())
        for array in (self.z, self.both, self.with_region, self.with_function):
            found.update(np.ascontiguousarray(array).tobytes())
        return found.hexdigest()
