"""The table of computed evidence: how it is written and how it becomes claims."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atlas.errors import InvalidInput
from atlas.model import Claim, Counts, Source
from ingest.meta import Association
from ingest.tables import parse_table

COLUMNS = (
    "region", "function", "both", "region_only", "function_only", "neither",
    "z", "q", "lower", "weight",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One region-function pair that passed; ``lower`` and ``weight`` follow from the counts."""

    region: str
    function: str
    counts: Counts
    z: float
    q: float
    lower: float
    weight: float


def rows(
    association: Association,
    regions: Sequence[str],
    functions: Sequence[str],
    kept: NDArray[np.intp] | None = None,
) -> list[Row]:
    """The kept pairs of an analysis (default: the significant), by region, then function."""
    t, weight = association.counts, association.weight
    both, r, f = t.both, t.with_region, t.with_function
    found = []
    for i, j in association.significant() if kept is None else kept:
        n, in_region, in_function = int(both[i, j]), int(r[i]), int(f[j])
        counts = Counts(
            n, in_region - n, in_function - n, t.n_studies - in_region - in_function + n
        )
        row = Row(
            regions[i],
            functions[j],
            counts,
            float(association.z[i, j]),
            float(association.q[i, j]),
            float(association.lower[i, j]),
            float(weight[i, j]),
        )
        found.append(row)
    return found


def render(provenance: Mapping[str, str], found: Iterable[Row]) -> str:
    """The table as text: provenance as comments, then tab-separated rows.

    Statistics are rounded (z 3 decimals, q 3 digits, lower and weight 4 decimals), so that the
    last bits of a platform's arithmetic do not show.
    """
    lines = [f"# {key}: {value}" for key, value in provenance.items()]
    lines.append("\t".join(COLUMNS))
    for row in found:
        c = row.counts
        lines.append(
            f"{row.region}\t{row.function}\t{c.both}\t{c.region_only}\t{c.function_only}\t"
            f"{c.neither}\t{row.z:.3f}\t{row.q:.2e}\t{row.lower:.4f}\t{_weight(row.weight):.4f}"
        )
    return "\n".join(lines) + "\n"


def parse(text: str, name: str = "evidence.tsv") -> tuple[dict[str, str], list[Row]]:
    """Inverse of :func:`render`.

    Raises:
        InvalidInput: other columns, a cell that is not a number, a weight outside (0, 1].
    """
    comments, cells = parse_table(text, name, COLUMNS)
    provenance = dict(line.split(": ", 1) for line in comments if ": " in line)
    return provenance, [_row(cell, f"{name}[{i}]") for i, cell in enumerate(cells)]


def claims(text: str, name: str = "evidence.tsv") -> tuple[Source, list[Claim]]:
    """Read a table as claims of one source."""
    provenance, found = parse(text, name)
    source = Source(
        id=provenance["source"],
        name=provenance["name"],
        version=provenance["version"],
        licence=provenance["licence"],
        citation=provenance["citation"],
        url=provenance["url"],
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
    return source, [claim(row, source) for row in found]


def claim(row: Row, source: Source, statistic: str = "Cochran-Mantel-Haenszel z") -> Claim:
    """One row as a claim of a source."""
    return Claim(
        id=f"{source.id}:{row.region}:{row.function}",
        region=row.region,
        function=row.function,
        source=source.id,
        statistic=statistic,
        value=row.z,
        weight=_weight(row.weight),
        q=row.q,
        lower=row.lower,
        counts=row.counts,
        n_studies=row.counts.both,
        inference="forward, coordinate meta-analysis",
    )


def _row(cell: Mapping[str, str], where: str) -> Row:
    numbers = {}
    for column in COLUMNS[2:]:
        try:
            numbers[column] = float(cell[column])
        except (TypeError, ValueError):
            raise InvalidInput(
                f"{where}.{column}", found=repr(cell[column]), expected="a number"
            ) from None
    if not 0 < numbers["weight"] <= 1:
        raise InvalidInput(f"{where}.weight", found=cell["weight"], expected="0 < weight <= 1")
    counts = Counts(*(int(numbers[c]) for c in ("both", "region_only", "function_only", "neither")))
    return Row(
        cell["region"], cell["function"], counts,
        numbers["z"], numbers["q"], numbers["lower"], numbers["weight"],
    )  # fmt: skip


def _weight(weight: float) -> float:
    """Keep a weight that rounds to zero above it."""
    return float(np.clip(weight, 0.0001, 1.0))
