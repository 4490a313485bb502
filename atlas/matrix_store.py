"""Where evidence matrices are kept: one file each, named by the sha256 of its content."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from atlas.errors import Unavailable
from atlas.matrix import EvidenceMatrix
from atlas.whole_files import whole_file

_ARRAYS = ("z", "both", "with_region", "with_function")
_NAMES = ("regions", "functions")
_TEXTS = ("source", "statistic", "vocabulary")


@dataclass(frozen=True, slots=True)
class MatrixStore:
    """A folder of matrices."""

    root: Path

    @classmethod
    def at(cls, home: Path) -> MatrixStore:
        """The store of one data directory."""
        return cls(home / "matrices")

    def save(self, matrix: EvidenceMatrix) -> str:
        """Keep a matrix and return its sha256.

        Raises:
            Unavailable: the file could not be written; nothing is left behind.
        """
        sha256 = matrix.digest
        path = self.root / f"{sha256}.npz"
        if path.exists():
            return sha256
        parts: dict[str, Any] = {name: getattr(matrix, name) for name in _ARRAYS}
        parts |= {name: np.array(getattr(matrix, name)) for name in (*_NAMES, *_TEXTS)}
        with whole_file(path, what="matrix") as file:
            np.savez(file, n_studies=matrix.n_studies, **parts)
        return sha256

    def load(self, sha256: str) -> EvidenceMatrix:
        """Read a matrix.

        Raises:
            Unavailable: the file is not in this data directory or cannot be read.
        """
        path = self.root / f"{sha256}.npz"
        try:
            with np.load(path, allow_pickle=False) as file:
                parts: dict[str, Any] = {name: file[name] for name in _ARRAYS}
                parts |= {name: tuple(map(str, file[name])) for name in _NAMES}
                parts |= {name: str(file[name]) for name in _TEXTS}
                return EvidenceMatrix(n_studies=int(file["n_studies"]), **parts)
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise Unavailable(
                "matrix",
                found=f"{path.name}: {error}",
                expected="the evidence matrix in this data directory",
                hint="`neuroweave atlas import builtin` brings those of the built-in atlases, "
                "`neuroweave claims compute` makes others",
            ) from error
