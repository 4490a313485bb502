"""``backup``: everything in one file, checked, and a new installation from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuroweave.cli.output import Json, print_json, progress_bar
from neuroweave.cli.session import open_store

if TYPE_CHECKING:
    from neuroweave.backup import Installation

app = typer.Typer(help="Backups: everything in one file.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="What `backup create` wrote.")]


@app.command()
def create(
    where: Annotated[Path, typer.Argument(help="A new .tar.gz, or a folder to put it in.")],
    as_json: Json = False,
) -> None:
    """Write the graph with its history, jobs, accounts and files; the server may run on."""
    from neuroweave import backup

    with open_store(ready=False) as store, progress_bar("backup") as progress:
        found = backup.create(store, _installation(), where, progress)
    _show(found, as_json)


@app.command()
def verify(file: File, as_json: Json = False) -> None:
    """Check every byte of a backup."""
    from neuroweave import backup

    with progress_bar("checking") as progress:
        progress("checking", 0.1)
        found = backup.verify(file)
    _show({**found, "sound": True}, as_json)


@app.command()
def restore(
    file: File,
    home: Annotated[Path, typer.Option("--home", help="A new folder for the data directory.")],
    as_json: Json = False,
) -> None:
    """Make a new data directory of a backup; all of it, or nothing.

    Where the settings name a Neo4j server or a database of jobs, these must be empty and are
    filled.
    """
    from neuroweave import backup

    with progress_bar("restoring") as progress:
        found = backup.restore(file, _installation(home), progress)
    _show(found, as_json)
    if not as_json:
        print("use it with NEUROWEAVE_HOME set to this folder")


def _installation(home: Path | None = None) -> Installation:
    from dataclasses import replace

    from neuroweave.backup import Installation
    from neuroweave.settings import load_settings

    settings = load_settings()
    store = settings.store
    if home is not None:
        store = replace(store, home=home.expanduser().resolve())
    return Installation(store, settings.jobs_url)


def _show(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    graph, ledger = found["graph"], found["ledger"]
    print(found.get("path") or found["home"])
    print(
        f"made at {found['made_at']}: {graph['nodes']:,} nodes, "
        f"{graph['relationships']:,} relationships, {ledger['job']:,} jobs, "
        f"{ledger['api_key']:,} keys, {found['files']:,} files"
    )
    if found.get("sound"):
        print("sound: every file, record and row is what was written")
