"""The table of all pairs that comes with the project: how it is written and read.

One row a region, one column a function, gzipped. A cell is the number of studies that report both
and z with two decimals; the first row and the second column count the studies of each.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np

from atlas.errors import InvalidInput
from atlas.matrix import EvidenceMatrix
from ingest.meta import STATISTICS

_HEAD = ("region", "studies")
_ALL = "*"


def render(provenance: Mapping[str, str], matrices: Sequence[EvidenceMatrix]) -> bytes:
    """The matrices of one source and the same functions, as the bytes of the file.

    Raises:
        InvalidInput: matrices of other functions or numbers of studies.
    """
    first = matrices[0]
    lines = [f"# {key}: {value}" for key, value in provenance.items()]
    lines.append("\t".join((*_HEAD, *first.functions)))
    lines.append("\t".join((_ALL, str(first.n_studies), *map(str, first.with_function.tolist()))))
    for matrix in matrices:
        if matrix.functions != first.functions or matrix.n_studies != first.n_studies:
            raise InvalidInput("matrices", found="other functions or studies", expected="the same")
        for i, region in enumerate(matrix.regions):
            pairs = zip(matrix.both[i].tolist(), matrix.z[i].tolist(), strict=True)
            cells = (f"{both} {round(z, 2) + 0.0:.2f}" for both, z in pairs)
            lines.append("\t".join((region, str(matrix.with_region[i]), *cells)))
    return gzip.compress(("\n".join(lines) + "\n").encode(), compresslevel=9, mtime=0)


def parse(content: bytes, source: str) -> list[EvidenceMatrix]:
    """Inverse of :func:`render` (z to two decimals), one matrix per atlas.

    Raises:
        InvalidInput: not such a table.
    """
    try:
        text = gzip.decompress(content).decode()
        body = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
        head, totals, rows = body[0], body[1], body[2:]
        if tuple(head[:2]) != _HEAD or totals[0] != _ALL:
            raise ValueError("other columns")
        counts = np.array(totals[2:], dtype=np.int32)
        atlases = groupby(rows, key=lambda row: row[0].split(":", 1)[0])
        return [
            _matrix(list(own), tuple(head[2:]), counts, int(totals[1]), source)
            for _, own in atlases
        ]
    except (OSError, ValueError, IndexError, EOFError) as error:
        expected = "the table of ingest.build_evidence"
        raise InvalidInput("evidence matrix", found=str(error), expected=expected) from error


def _matrix(
    rows: list[list[str]],
    functions: tuple[str, ...],
    with_function: np.ndarray,
    n_studies: int,
    source: str,
) -> EvidenceMatrix:
    cells = np.array([[cell.split(" ") for cell in row[2:]] for row in rows])
    return EvidenceMatrix(
        tuple(row[0] for row in rows),
        functions,
        cells[:, :, 1].astype(np.float32),
        cells[:, :, 0].astype(np.int32),
        np.array([row[1] for row in rows], dtype=np.int32),
        with_function,
        n_studies,
        source,
        STATISTICS["cmh"],
    )
