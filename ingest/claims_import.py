"""Bringing published evidence into the graph: read, check all of it, then write.

Everything is checked before the first write. A source is then written in two transactions, the
functions that its claims name and the claims, each whole or not at all. Cut off between them, an
import leaves functions without claims, which no query shows as evidence; the same import again
finds these functions as they are and writes the claims.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from atlas.model import Claim, FunctionTerm, Source
from graph import atlases, claims, functions, regions
from graph.changes import PutReport
from graph.store import Store
from ingest import claims_table, networks
from ingest.published import brainnetome

INFERENCES: Mapping[str, tuple[brainnetome.Inference, ...]] = {
    "forward": ("forward",),
    "reverse": ("reverse",),
    "both": ("forward", "reverse"),
}
"""What of the Brainnetome table is brought in, by the word for it."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What one source brought: claims written (or to be written), and what it could not say.

    ``unmapped`` are labels that no function of the tree is exact for; ``skipped`` counts rows
    that make no claim.
    """

    source: str
    claims: PutReport
    functions: int = 0
    skipped: int = 0
    unmapped: tuple[str, ...] = ()


def from_brainnetome(
    store: Store,
    folder: Path,
    atlas: str,
    inferences: Sequence[brainnetome.Inference] = ("forward",),
    *,
    by: str = "import",
    dry_run: bool = False,
) -> list[Imported]:
    """Claims of the Brainnetome x BrainMap table on a stored Brainnetome atlas.

    Raises:
        NotFound: no such atlas.
        InvalidInput: the table is broken, or the atlas' regions have other numbers or names.
    """
    table = brainnetome.read(folder)
    own = brainnetome.match(table, atlases.get(store, atlas)["id"], regions.of_atlas(store, atlas))
    found = [brainnetome.evidence(table, own, inference) for inference in inferences]
    return [
        _write(store, e.source, e.claims, e.functions, by, dry_run, e.skipped, e.unmapped)
        for e in found
    ]


def from_networks(
    store: Store, atlas: str, *, by: str = "import", dry_run: bool = False
) -> list[Imported]:
    """Claims of the functional networks that an atlas' regions are members of.

    Raises:
        NotFound: no such atlas.
        InvalidInput: its regions name no network.
    """
    found = networks.membership(atlases.get(store, atlas)["id"], regions.of_atlas(store, atlas))
    unmapped = tuple(f"{name} ({n} regions)" for name, n in sorted(found.unmapped.items()))
    return [_write(store, found.source, found.claims, (), by, dry_run, 0, unmapped)]


def from_overlap(
    store: Store,
    atlas: str,
    networks_atlas: str,
    shares: Iterable[tuple[str, str, float]],
    *,
    by: str = "import",
    dry_run: bool = False,
) -> list[Imported]:
    """Claims of the networks of another atlas that an atlas' regions lie in.

    Raises:
        NotFound: no such atlas.
        InvalidInput: no network holds any region.
    """
    found = networks.by_overlap(
        atlases.get(store, atlas)["id"],
        regions.of_atlas(store, atlas),
        atlases.get(store, networks_atlas)["id"],
        regions.of_atlas(store, networks_atlas),
        shares,
    )
    unmapped = tuple(f"{name} ({n} regions)" for name, n in sorted(found.unmapped.items()))
    return [_write(store, found.source, found.claims, (), by, dry_run, 0, unmapped)]


def from_table(
    store: Store, path: Path, source: str = "", *, by: str = "import", dry_run: bool = False
) -> list[Imported]:
    """Claims of a table that somebody made; see :func:`ingest.claims_table.read`.

    Raises:
        InvalidInput: faults in the table, each with its line.
        NotFound: regions or functions that are not in the graph.
    """
    origin, found = claims_table.read(path, source)
    return [_write(store, origin, found, (), by, dry_run)]


def _write(
    store: Store,
    source: Source,
    found: Sequence[Claim],
    terms: Sequence[FunctionTerm],
    by: str,
    dry_run: bool,
    skipped: int = 0,
    unmapped: tuple[str, ...] = (),
) -> Imported:
    report = claims.check(store, source, found, functions={term.id for term in terms})
    if not dry_run:
        functions.put(store, terms, by=by, reason=f"used by {source.id}")
        report = claims.put(store, source, found, by=by, reason=source.name)
    return Imported(source.id, report, len(terms), skipped, unmapped)
