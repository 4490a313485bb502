"""``atlas overlap``: the regions of two atlases against each other."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from neuroweave.cli.output import Json, print_json, print_table
from neuroweave.cli.session import open_store

_COLUMNS = ("a", "b", "dice", "inside", "contains", "qualification")


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(overlap)


def overlap(
    a: Annotated[str, typer.Argument(help="Atlas id.")],
    b: Annotated[str, typer.Argument(help="Another atlas id.")],
    least: Annotated[
        float, typer.Option("--least", min=0, max=1, help="Leave out pairs with smaller shares.")
    ] = 0.0,
    store: Annotated[bool, typer.Option("--store", help="Keep them as OVERLAPS.")] = False,
    as_json: Json = False,
) -> None:
    """Compare all pairs of regions: Dice, both containments and a word for it.

    A share of 0.9 counts as contained; both shares of 0.9 as exact.
    """
    from atlas.overlap import overlaps
    from composer.activation import load_atlas
    from graph import overlaps as stored

    with open_store() as graph:
        found = overlaps(load_atlas(graph, a), load_atlas(graph, b), least)
        report = stored.put(graph, a, b, found) if store else None
    rows = [asdict(row) for row in found]
    if as_json:
        counts = None if report is None else asdict(report)
        print_json({"a": a, "b": b, "items": rows, "next": None, "stored": counts})
        return
    print_table(_COLUMNS, ([row[column] for column in _COLUMNS] for row in rows))
    if report is not None:
        print(f"stored: {report.written} written, {report.unchanged} unchanged")
