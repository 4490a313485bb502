"""``validate``: hold the computed evidence against what others published."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neuroweave.cli.output import Json, print_json, print_table, progress_bar


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(validate)


def validate(
    data: Annotated[
        Path, typer.Option("--data", help="Folder with functions, atlases and research_only.")
    ],
    out: Annotated[Path | None, typer.Option("--out", help="Write the page there too.")] = None,
    as_json: Json = False,
) -> None:
    """Recompute the validity of the evidence from your copy of the data; exit 1 below a bar."""
    from atlas.whole_files import write_whole
    from ingest.validity import report
    from ingest.validity.validate import validate as measure

    with progress_bar("validity") as progress:
        found = measure(data, progress)
    if out is not None:
        write_whole(out, report.render(found).encode(), what="page")
    missed = report.missed(found)
    if as_json:
        print_json({**found, "missed": list(missed)})
    else:
        keys = ("n", "median", "mean")
        rows = [[name, *(measure[key] for key in keys)] for name, measure in found.items()]
        print_table(("measure", *keys), rows)
        for name in missed:
            print(f"below its bar: {name}")
    if missed:
        raise typer.Exit(1)
