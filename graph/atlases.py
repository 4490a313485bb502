"""Atlases and the regions they are made of."""

from __future__ import annotations

from dataclasses import asdict

from atlas.errors import Conflict, NotFound
from atlas.model import Atlas, Region
from graph import changes, revisions, sources
from graph.changes import PutReport
from graph.clock import now
from graph.store import Row, Store, Tx


def put(store: Store, atlas: Atlas, *, by: str = "import", reason: str = "") -> PutReport:
    """Bring in an atlas with its source and regions, in one transaction.

    The report counts the regions and the atlas itself. Bringing the same atlas in again changes
    nothing and leaves no revision.

    Raises:
        Conflict: the stored atlas has regions that this one lacks (evidence may hang on them).
    """
    row = _atlas_row(atlas)
    regions = [_region_row(region, n) for n, region in enumerate(atlas.regions)]

    def work(tx: Tx) -> PutReport:
        revisions.hold(tx)
        _refuse_vanished(tx, atlas)
        source = changes.compare(tx, "source", [sources.row(atlas.source)])
        own = changes.compare(tx, "atlas", [row])
        parts = changes.compare(tx, "region", regions)
        parents = {row["parent"] for row in parts.fresh if row["parent"]}
        changes.require(tx, "region", parents - {row["id"] for row in regions}, "region parent")
        report = own.report + parts.report
        if not (source.fresh or own.fresh or parts.fresh):
            return report
        at = now()
        detail = {"atlas": atlas.id, "created": report.created, "changed": report.changed}
        seq = revisions.append(tx, by=by, action="put atlas", at=at, reason=reason, detail=detail)
        changes.write(tx, "source", source, seq, at)
        changes.write(tx, "atlas", own, seq, at)
        changes.write(tx, "region", parts, seq, at)
        relate(tx, parts.fresh)
        return report

    return store.transaction(work)


def list_atlases(store: Store) -> list[Row]:
    """Every atlas, in id order.

    Rows: id, name, version, space, template, kind, licence, volume (sha256 or ""),
    supersedes, source, citation, accepted (codes of the checks), n_regions.
    """
    return store.read("atlas/list")


def get(store: Store, id: str) -> Row:
    """One atlas, with the keys of :func:`list_atlases`.

    Raises:
        NotFound: names the atlases there are.
    """
    rows = store.read("atlas/get", id=id)
    if not rows:
        known = ", ".join(row["id"] for row in list_atlases(store)) or "none is loaded yet"
        raise NotFound("atlas", found=id, expected=f"one of: {known}")
    return rows[0]


def relate(tx: Tx, regions: list[Row]) -> None:
    """Tie regions to those one level up."""
    changes.run(tx, "region/child", [row for row in regions if row["parent"]])


def _refuse_vanished(tx: Tx, atlas: Atlas) -> None:
    mine = {region.id for region in atlas.regions}
    gone = [row["id"] for row in tx.run("region/of_atlas", atlas=atlas.id) if row["id"] not in mine]
    if gone:
        raise Conflict(
            "atlas",
            found=f"{atlas.id} without {len(gone)} of its stored regions ({gone[0]}, …)",
            expected="every stored region",
            hint="a parcellation with other regions is another atlas: give it another id",
        )


def _atlas_row(atlas: Atlas) -> Row:
    return {
        "id": atlas.id,
        "name": atlas.name,
        "version": atlas.version,
        "space": atlas.space,
        "template": atlas.template,
        "kind": atlas.kind,
        "licence": atlas.source.licence,
        "source": atlas.source.id,
        "volume": atlas.volume.sha256 if atlas.volume else "",
        "supersedes": atlas.supersedes,
    }


def _region_row(region: Region, ordinal: int) -> Row:
    return {**asdict(region), "atlas": region.atlas, "ordinal": ordinal}
