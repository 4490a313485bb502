"""The Brainnetome atlas' published function table, computed from BrainMap.

Fan et al. 2016, Cereb Cortex 26:3508; method as in Clos et al. 2013, Neuroimage 81:381. For every
region the behavioural domains and paradigm classes that occur more often than chance, FDR q < .05:

- forward: likelihood ratio P(activation | label) / P(activation), binomial test;
- reverse: posterior P(label | activation), chi-squared test. It depends on how often a label
  occurs in BrainMap, so posteriors compare within one label only.

The table is for research, not for commerce; it stays in the user's folder.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from atlas.errors import InvalidInput
from atlas.model import Claim, FunctionTerm, Region, Source
from ingest.ontologies import brainmap
from ingest.ontologies.terms import place, slug

Inference = Literal["forward", "reverse"]
Kind = Literal["behavioural_domain", "paradigm_class"]

TABLE, REGIONS = "brainnetome246_functions.tsv", "brainnetome246_regions.tsv"
PUBLISHED: Mapping[Kind, str] = {
    "behavioural_domain": "BDf_FDR05.json",
    "paradigm_class": "PCf_FDR05.json",
}
"""The two forward tables as the atlas' viewer carries them."""
STATISTIC: Mapping[Inference, str] = {"forward": "likelihood ratio", "reverse": "posterior"}
CEILING = 3.0
"""A likelihood ratio of 2 to this power, or more, has full weight."""
REVERSE_WEIGHT = 0.5
"""Weight of a label's largest posterior: an order within a label, not a size of effect."""
_COLUMNS = ("region_id", "kind", "inference", "label", "value")


@dataclass(frozen=True, slots=True)
class Row:
    """One published row, its label in one spelling."""

    region: str
    kind: Kind
    inference: Inference
    label: str
    value: float


@dataclass(frozen=True, slots=True)
class Table:
    """All rows, the region names by id, and the sha256 of the file the rows came from."""

    rows: tuple[Row, ...]
    names: Mapping[str, str]
    sha256: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one inference brings: a source, its claims, functions that are not in the tree yet.

    ``skipped`` are rows that make no claim (a ratio of 1 or less), ``unmapped`` labels without an
    exact function.
    """

    source: Source
    claims: tuple[Claim, ...]
    functions: tuple[FunctionTerm, ...]
    skipped: int
    unmapped: tuple[str, ...]


def read(folder: Path) -> Table:
    """Read ``brainnetome246_functions.tsv[.gz]``, or else the two forward tables as published.

    The names of the regions come from ``brainnetome246_regions.tsv``.

    Raises:
        InvalidInput: a file is missing or broken, or a row names an unknown region, kind or
            inference or has a value that is not a positive number. The message names the line.
    """
    names = {row["id"]: row["name"] for row in _records(folder / REGIONS, ("id", "name"))}
    path = next((p for p in (folder / f"{TABLE}.gz", folder / TABLE) if p.is_file()), None)
    if path is not None:
        content = _bytes(path)
        cells = [tuple(row[c] for c in _COLUMNS) for row in _records(path, _COLUMNS)]
    else:
        content, cells = _published(folder)
    rows = tuple(_row(cell, names, n) for n, cell in enumerate(cells, 2))
    if repeated := len(rows) - len({(r.region, r.kind, r.inference, r.label) for r in rows}):
        raise InvalidInput(TABLE, found=f"{repeated} rows twice", expected="one row a label")
    return Table(rows, names, hashlib.sha256(content).hexdigest())


def weight(ratio: float) -> float:
    """Weight of a likelihood ratio: min(log2 ratio, 3) / 3, and 0 for a ratio up to 1.

    >>> weight(2.0), weight(33.06), weight(0.5)
    (0.3333333333333333, 1.0, 0.0)
    """
    return min(math.log2(ratio), CEILING) / CEILING if ratio > 1 else 0.0


def match(table: Table, atlas: str, regions: Sequence[Region]) -> dict[str, str]:
    """Region id of every region of the table, by its number and its name.

    Raises:
        InvalidInput: a number that the atlas lacks, or whose name is another one there.
    """
    own = {region.label: region for region in regions}
    wrong = [
        f"{id} {name} (here {own[id].name if id in own else 'missing'})"
        for id, name in table.names.items()
        if id not in own or _plain(own[id].name) != _plain(name)
    ]
    if wrong:
        raise InvalidInput(
            "atlas",
            found=f"{atlas}, where {len(wrong)} of {len(table.names)} regions differ: "
            + "; ".join(wrong[:3]),
            expected="the Brainnetome atlas, its 246 regions by number and name",
        )
    return {id: own[id].id for id in table.names}


def evidence(table: Table, regions: Mapping[str, str], inference: Inference) -> Evidence:
    """Claims of one inference, about the regions of :func:`match`.

    A claim about a function is rolled up to the functions above it in the tree, marked
    ``inferred``, where the table has no row of its own; a row about a parent says nothing about
    its children. The publication gives no q per row, only that all lie below .05.
    """
    if inference not in get_args(Inference):
        raise InvalidInput("inference", found=repr(inference), expected="forward or reverse")
    rows = [row for row in table.rows if row.inference == inference]
    source = _source(inference, table.sha256)
    labels: dict[Kind, dict[str, None]] = {"behavioural_domain": {}, "paradigm_class": {}}
    for row in rows:
        labels[row.kind][row.label] = None
    domains = place(brainmap.DOMAINS, brainmap.domain_terms(labels["behavioural_domain"]))
    paradigms = place(brainmap.PARADIGMS, brainmap.paradigm_terms(labels["paradigm_class"]))
    ids: dict[Kind, Mapping[str, str]] = {
        "behavioural_domain": domains.ids,
        "paradigm_class": paradigms.ids,
    }
    largest: dict[str, float] = {}
    for row in rows:
        largest[row.label] = max(largest.get(row.label, 0.0), row.value)
    claims, domain_claims = [], []
    for row in rows:
        function = ids[row.kind].get(row.label)
        strength = (
            weight(row.value)
            if inference == "forward"
            else REVERSE_WEIGHT * row.value / largest[row.label]
        )
        if function is None or strength <= 0:
            continue
        claim = _claim(row, regions[row.region], function, strength, source)
        claims.append(claim)
        if row.kind == "behavioural_domain":
            domain_claims.append((claim, row.label))
    skipped = len(rows) - len(claims)
    unmapped = (*domains.unmapped, *paradigms.unmapped)
    return Evidence(
        source,
        (*claims, *_roll_up(domain_claims, source)),
        (*domains.fresh, *paradigms.fresh),
        skipped,
        tuple(term.label for term in unmapped),
    )


def _claim(row: Row, region: str, function: str, strength: float, source: Source) -> Claim:
    named = "domain" if row.kind == "behavioural_domain" else "paradigm"
    return Claim(
        id=f"{source.id}:{region}:{named}:{slug(row.label)}",
        region=region,
        function=function,
        source=source.id,
        statistic=STATISTIC[row.inference],
        value=row.value,
        weight=strength,
        inference=row.inference,
        rationale=f"BrainMap {row.label}; FDR q < .05 per the publication",
        citation=source.citation,
    )


def _roll_up(claims: Iterable[tuple[Claim, str]], source: Source) -> list[Claim]:
    """The strongest claim below each function that the region has no row for."""
    claims = list(claims)
    own = {(claim.region, claim.function) for claim, _ in claims}
    best: dict[tuple[str, str], tuple[Claim, str]] = {}
    for claim, label in claims:
        above = claim.function.rpartition(".")[0]
        while above:
            pair = (claim.region, above)
            if pair not in own and (pair not in best or best[pair][0].value < claim.value):
                best[pair] = (claim, label)
            above = above.rpartition(".")[0]
    return [
        Claim(
            id=f"{source.id}:{region}:inferred:{function}",
            region=region,
            function=function,
            source=source.id,
            statistic=claim.statistic,
            value=claim.value,
            weight=claim.weight,
            inference="inferred",
            rationale=f"no row of its own; from BrainMap {label} below it",
            citation=source.citation,
        )
        for (region, function), (claim, label) in best.items()
    ]


def _source(inference: Inference, sha256: str) -> Source:
    return Source(
        id=f"brainnetome-brainmap-{inference}",
        name=f"Brainnetome x BrainMap, {inference} inference ({STATISTIC[inference]})",
        version="246 regions, FDR .05",
        licence="Brainnetome Center: non-commercial research, attribution, share alike",
        citation="Fan et al. 2016, Cereb Cortex 26:3508-3526, doi:10.1093/cercor/bhw157",
        url="https://atlas.brainnetome.org",
        sha256=sha256,
    )


def _plain(name: str) -> str:
    """Blanks aside, and the one gyrus that copies of the atlas call by two names."""
    text = "".join(name.split()).casefold()
    return f"cun{text[5:]}" if text.startswith("mvocc") else text


def _row(cell: tuple[str, ...], names: Mapping[str, str], line: int) -> Row:
    region, kind, inference, label, text = cell
    field = f"{TABLE} line {line}"
    if region not in names:
        raise InvalidInput(field, found=f"region {region!r}", expected=f"an id of {REGIONS}")
    if kind not in get_args(Kind) or inference not in get_args(Inference):
        expected = f"{' or '.join(get_args(Kind))}, forward or reverse"
        raise InvalidInput(field, found=f"{kind!r}, {inference!r}", expected=expected)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0 and label.strip()):
        raise InvalidInput(field, found=f"{label!r} {text!r}", expected="a label, a number above 0")
    spell = brainmap.domain if kind == "behavioural_domain" else brainmap.spelled
    return Row(region, kind, inference, spell(label), value)  # type: ignore[arg-type]


def _published(folder: Path) -> tuple[bytes, list[tuple[str, ...]]]:
    """The two JSON tables: region id to label to likelihood ratio."""
    cells: list[tuple[str, ...]] = []
    content = b""
    for kind, name in PUBLISHED.items():
        raw = _bytes(folder / name)
        content += raw
        try:
            found = json.loads(raw)
            cells += [
                (str(region), kind, "forward", label, str(value))
                for region, labels in found.items()
                for label, value in labels.items()
            ]
        except (ValueError, AttributeError) as error:
            raise InvalidInput(
                name, found=f"something else ({error})", expected="{region id: {label: ratio}}"
            ) from error
    return content, cells


def _records(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        text = _bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(path.name, found="bytes that are not UTF-8", expected="text") from error
    reader = csv.DictReader(text.splitlines(), delimiter="\t", restval="")
    if missing := [column for column in columns if column not in (reader.fieldnames or ())]:
        raise InvalidInput(path.name, found=f"no column {missing[0]}", expected=", ".join(columns))
    return list(reader)


def _bytes(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
        return gzip.decompress(raw) if path.suffix == ".gz" else raw
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInput(
            path.name,
            found=f"nothing readable in {path.parent.name}/ ({error})",
            expected="a table",
        ) from error
