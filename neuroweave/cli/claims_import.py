"""``claims import``: published tables, functional networks, tables of one's own."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from neuroweave.cli.output import Json, print_json, progress_bar
from neuroweave.cli.session import open_store

if TYPE_CHECKING:
    from ingest.published.brainnetome import Inference

T = TypeVar("T")


def import_(
    what: Annotated[str, typer.Argument(help="brainnetome, networks, or a table (FILE.tsv).")],
    data: Annotated[
        Path | None, typer.Option("--data", help="brainnetome: folder of the published tables.")
    ] = None,
    atlas: Annotated[
        str | None, typer.Option("--atlas", help="brainnetome, networks: atlas id.")
    ] = None,
    networks: Annotated[
        str | None,
        typer.Option("--networks", help="networks: atlas of networks, by overlap (yeo_2011)."),
    ] = None,
    inference: Annotated[
        str, typer.Option("--inference", help="brainnetome: forward, reverse or both.")
    ] = "forward",
    source: Annotated[str, typer.Option("--source", help="Table: id of the source.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all, write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Bring in published evidence: all of it, or nothing if something is wrong with it.

    A table has the tab-separated columns region, function, statistic, value, weight and perhaps
    q, n_studies, citation, rationale.
    """
    from ingest import claims_import

    with open_store() as store, progress_bar(f"claims of {what}") as progress:
        progress("reading and checking", 0.1)
        if what == "brainnetome":
            folder, id = _needed(data, "--data"), _needed(atlas, "--atlas")
            found = claims_import.from_brainnetome(
                store, folder, id, _inferences(inference), dry_run=dry_run
            )
        elif what == "networks" and networks is not None:
            from composer.relate import shares_between

            id = _needed(atlas, "--atlas")
            shares = shares_between(store, id, networks)
            found = claims_import.from_overlap(store, id, networks, shares, dry_run=dry_run)
        elif what == "networks":
            found = claims_import.from_networks(store, _needed(atlas, "--atlas"), dry_run=dry_run)
        else:
            found = claims_import.from_table(store, Path(what), source, dry_run=dry_run)
        progress("done", 1.0)
    if as_json:
        print_json({"dry_run": dry_run, "sources": [asdict(one) for one in found]})
        return
    for one in found:
        verb = "would be " if dry_run else ""
        n = one.claims
        print(
            f"{one.source}: {n.created:,} claims {verb}new, {n.changed:,} changed, "
            f"{n.unchanged:,} as before; {one.skipped:,} rows make no claim"
        )
        if one.unmapped:
            print(f"  no exact function in the tree: {', '.join(one.unmapped)}")


def _needed(value: T | None, option: str) -> T:
    from atlas.errors import InvalidInput

    if value is None:
        raise InvalidInput(option, found="nothing", expected="a value for this import")
    return value


def _inferences(text: str) -> tuple[Inference, ...]:
    from atlas.errors import InvalidInput
    from ingest.claims_import import INFERENCES

    if text not in INFERENCES:
        expected = ", ".join(INFERENCES)
        raise InvalidInput("--inference", found=repr(text), expected=f"one of {expected}")
    return INFERENCES[text]
