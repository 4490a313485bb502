"""Connectivity matrices from files, matched to the regions of an atlas by label name.

Positions never match anything: matrices come with regions of other atlases in between, and in an
order of their own. A row whose label no region has is reported and left out.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from atlas.connectome import EdgeThreshold, Kind, Values, check_matrix, strongest, to_weights
from atlas.errors import InvalidInput
from atlas.model import Region, Source
from ingest.text import cells_of

MAX_ROWS = 20_000
MAX_BYTES = 2_000_000_000


@dataclass(frozen=True, eq=False, slots=True)
class Matrix:
    """A symmetric matrix with a zero diagonal (n, n), and the label of each row."""

    labels: tuple[str, ...]
    values: NDArray[np.float64]
    sha256: str


@dataclass(frozen=True, slots=True)
class Connectome:
    """What a matrix says about the regions of one atlas, ready to be stored.

    ``unmatched_rows`` are labels that no region has, ``unmatched_regions`` ids that no row has.
    """

    atlas: str
    kind: Kind
    source: Source
    threshold: str
    matched: int
    pairs: tuple[tuple[str, str, float], ...]
    unmatched_rows: tuple[str, ...]
    unmatched_regions: tuple[str, ...]


def read_matrix(path: Path, labels: Path | None = None) -> Matrix:
    """Read a matrix as CSV, TSV or npy, also gzipped.

    The labels are the lines of a file of their own, or else the table's header, its first column,
    or both (which must then agree).

    Raises:
        InvalidInput: unreadable, objects in npy, not square, not symmetric, entries that are no
            numbers, no labels, or a label twice.
    """
    content = _content(path)
    own: list[str] = []
    if path.name.removesuffix(".gz").endswith(".npy"):
        values = _array(content, path.name)
    else:
        own, values = _table(content, path.name)
    named = own if labels is None else _lines(labels)
    values = check_matrix(values, path.name)
    if not named:
        expected = "a label list, a header or a first column"
        raise InvalidInput(path.name, found="no labels", expected=expected)
    if len(named) != len(values):
        where = path.name if labels is None else labels.name
        raise InvalidInput(where, found=f"{len(named)} labels", expected=f"{len(values)}")
    _refuse_twice(named, "labels")
    return Matrix(tuple(named), values, hashlib.sha256(content).hexdigest())


def read_keys(path: Path, column: str) -> dict[str, str]:
    """Other names of regions: the named column of a table, by the region's label (``id``).

    Raises:
        InvalidInput: no such column, no ``id`` column, or a key that stands for two regions.
    """
    text = _text(_content(path), path.name)
    lines = cells_of(io.StringIO(text), path.name, _delimiter(text))
    header = lines[0] if lines else []
    for wanted in ("id", column):
        if wanted not in header:
            found = ", ".join(header) or "no columns"
            raise InvalidInput(path.name, found=found, expected=f"a column {wanted}")
    rows = [dict(zip(header, line, strict=False)) for line in lines[1:]]
    pairs = [(row.get(column, "").strip(), row.get("id", "").strip()) for row in rows]
    pairs = [pair for pair in pairs if pair[0]]
    _refuse_twice([key for key, _ in pairs], f"{path.name} {column}")
    return dict(pairs)


def match(
    matrix: Matrix,
    atlas: str,
    regions: Sequence[Region],
    *,
    source: Source,
    kind: Kind,
    values: Values = "as-is",
    threshold: EdgeThreshold = EdgeThreshold(),  # noqa: B008 - a frozen value
    keys: Mapping[str, str] | None = None,
) -> Connectome:
    """Match rows to regions by name and choose the connections to keep.

    The threshold is applied among the matched regions only. ``keys`` are further names, to region
    labels (:func:`read_keys`). The source that is returned has the kind and the threshold in its
    id, name and version, so that another threshold stands beside it and replaces nothing.

    Raises:
        InvalidInput: no row matches, two rows name one region, or impossible values.
    """
    ids = _names(regions, keys or {})
    found = [ids.get(label) for label in matrix.labels]
    rows = [i for i, region in enumerate(found) if region is not None]
    chosen = [str(found[i]) for i in rows]
    if not rows:
        first = ", ".join(matrix.labels[:3])
        hint = "labels are matched with region names; give other names as a key column"
        expected = f"names of regions of {atlas}"
        raise InvalidInput("labels", found=f"{first}, …", expected=expected, hint=hint)
    _refuse_twice(chosen, "regions named by labels")
    weights = to_weights(matrix.values, kind, values)[np.ix_(rows, rows)]
    ends = strongest(weights, threshold)
    pairs = tuple((chosen[i], chosen[j], float(weights[i, j])) for i, j in zip(*ends, strict=True))
    known = set(chosen)
    return Connectome(
        atlas=atlas,
        kind=kind,
        source=_named(source, kind, threshold, values, matrix.sha256),
        threshold=threshold.name,
        matched=len(rows),
        pairs=pairs,
        unmatched_rows=tuple(
            label for label, region in zip(matrix.labels, found, strict=True) if region is None
        ),
        unmatched_regions=tuple(r.id for r in regions if r.id not in known),
    )


def _names(regions: Sequence[Region], keys: Mapping[str, str]) -> dict[str, str]:
    """Name to region id; a name that two regions share names neither."""
    times = Counter(region.name for region in regions)
    found = {region.name: region.id for region in regions if times[region.name] == 1}
    by_label = {region.label: region.id for region in regions}
    return found | {key: by_label[label] for key, label in keys.items() if label in by_label}


def _named(
    source: Source, kind: Kind, threshold: EdgeThreshold, values: Values, sha256: str
) -> Source:
    unit = "; Fisher z stored as correlations" if values == "fisher-z" else ""
    return Source(
        id=f"{source.id}:{kind}:{threshold.code}",
        name=f"{source.name} ({kind}, {threshold.name}{unit})",
        version=source.version or threshold.name,
        licence=source.licence,
        citation=source.citation,
        url=source.url,
        sha256=sha256,
    )


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise InvalidInput("matrix", found=f"no file {path.name!r}", expected="CSV, TSV or npy")
    try:
        if not path.name.endswith(".gz"):
            content = path.read_bytes()
        else:
            with gzip.open(path) as file:
                content = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInput(
            path.name, found=f"a file that cannot be read ({error})", expected="a whole file"
        ) from error
    if len(content) > MAX_BYTES:
        raise InvalidInput(path.name, found="a larger file", expected=f"{MAX_BYTES:,} bytes")
    return content


def _array(content: bytes, name: str) -> NDArray[np.float64]:
    try:
        values = np.load(io.BytesIO(content), allow_pickle=False)
        if not isinstance(values, np.ndarray) or values.dtype.kind not in "biuf":
            raise ValueError(f"values of type {getattr(values, 'dtype', type(values).__name__)}")
    except (ValueError, EOFError, OSError) as error:
        raise InvalidInput(name, found=str(error), expected="an array of real numbers") from error
    return values.astype(np.float64)


def _table(content: bytes, name: str) -> tuple[list[str], NDArray[np.float64]]:
    text = _text(content, name)
    lines = cells_of(io.StringIO(text), name, _delimiter(text))
    lines = [line for line in lines if any(cell.strip() for cell in line)]
    if not lines or len(lines) > MAX_ROWS:
        raise InvalidInput(name, found=f"{len(lines):,} rows", expected=f"1 to {MAX_ROWS:,}")
    header = _head(lines[0])
    body = lines[1:] if header else lines
    first = [line[0].strip() for line in body]
    beside = bool(body) and not any(map(_is_number, first))
    if beside:
        body = [line[1:] for line in body]
        header = header[1:] if len(header) == len(body[0]) + 1 else header
        if header and header != first:
            raise InvalidInput(
                name, found="a header that is not the first column", expected="one order of labels"
            )
    return (header or (first if beside else [])), _numbers(body, name)


def _head(line: Sequence[str]) -> list[str]:
    """The labels of a first line, empty if it holds a number."""
    cells = [cell.strip() for cell in line]
    return [] if any(map(_is_number, cells)) else cells


def _numbers(body: Sequence[Sequence[str]], name: str) -> NDArray[np.float64]:
    width = len(body[0]) if body else 0
    for number, line in enumerate(body, start=1):
        if len(line) != width:
            found = f"{len(line)} cells in row {number}"
            raise InvalidInput(name, found=found, expected=f"{width} as in row 1")
        for column, cell in enumerate(line, start=1):
            if not _is_number(cell):
                found = f"{cell.strip()!r} in row {number}, column {column}"
                raise InvalidInput(name, found=found, expected="a number")
    return np.array(body, dtype=np.float64).reshape(len(body), width)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _lines(path: Path) -> list[str]:
    lines = [line.strip() for line in _text(_content(path), path.name).splitlines()]
    return [line for line in lines if line]


def _text(content: bytes, name: str) -> str:
    if b"\0" in content[:4096]:
        raise InvalidInput(name, found="binary data", expected="text in UTF-8 or Latin-1")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max("\t,; ", key=first.count)


def _refuse_twice(names: Sequence[str], field: str) -> None:
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        shown = ", ".join(map(repr, twice[:5]))
        raise InvalidInput(field, found=f"{len(twice)} twice: {shown}", expected="each once")
