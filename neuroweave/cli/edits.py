"""``edits``: many edits at once, from a table."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuroweave.cli.history import SHOWN, in_words
from neuroweave.cli.link import By, login, own_review
from neuroweave.cli.output import Json, print_json, print_table, progress_bar
from neuroweave.cli.session import open_store

if TYPE_CHECKING:
    from ingest.edit_batch import Report


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(edits)


def edits(
    file: Annotated[Path | None, typer.Argument(help="Table of edits, CSV or TSV.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    template: Annotated[
        bool, typer.Option("--template", help="Print a table to fill in, and stop.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the history.")] = "",
    by: By = None,
    as_json: Json = False,
) -> None:
    """Make many edits in one revision, or none if a row cannot be made."""
    from atlas.errors import InvalidInput
    from ingest import edit_batch, edit_tables
    from ingest.text import read_text

    if template:
        sys.stdout.write(edit_tables.TEMPLATE)
        return
    if file is None:
        expected = "a table; --template prints one to fill in"
        raise InvalidInput("FILE", found="nothing", expected=expected)
    own = own_review()
    batch = edit_tables.read(read_text(file, "edits"), status="accepted" if own else "proposed")
    with open_store() as store, progress_bar(f"edits of {file.name}") as progress:
        progress("checking", 0.1)
        report = edit_batch.run(
            store, batch, by=login(by), reason=reason, allow_self_review=own, dry_run=dry_run
        )
        progress("done", 1.0)
    if as_json:
        print_json(report.to_dict())
    else:
        _show(report)
    if report.faults:
        raise typer.Exit(2)


def _show(report: Report) -> None:
    read = ", ".join(f"{column} → {name}" for column, name in report.columns.items())
    print(f"columns: {read}")
    if report.ignored:
        print(f"not used: {', '.join(report.ignored)}")
    cells = (
        [one["row"], one["noun"], one["id"], one["change"], in_words(one["fields"], one["change"])]
        for one in report.would[:SHOWN]
    )
    print_table(("row", "noun", "id", "change", "what"), cells)
    if len(report.would) > SHOWN:
        print(f"{len(report.would) - SHOWN:,} more changes (--json has all)")
    for fault in report.faults[:SHOWN]:
        print(f"row {fault.row}: {fault.error}", file=sys.stderr)
    if len(report.faults) > SHOWN:
        print(f"{len(report.faults) - SHOWN:,} more faults (--json has all)", file=sys.stderr)
    if report.faults:
        print(f"{len(report.faults)} of {report.rows} rows cannot be made", file=sys.stderr)
    elif report.dry_run:
        print("nothing was changed (--dry-run)")
    else:
        print("nothing differs" if report.seq is None else f"revision {report.seq}")
