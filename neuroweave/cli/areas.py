"""``areas``: brain-like functional areas."""

from __future__ import annotations

import typer

from neuroweave.cli.output import Json, listing
from neuroweave.cli.session import open_store
from neuroweave.cli.vocabulary import add_commands

app = typer.Typer(help="Functional areas.", no_args_is_help=True)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """The areas by id, with the functions they realize."""
    from graph import areas

    with open_store() as store:
        rows = areas.list_areas(store)
    listing(rows, None, as_json, ("id", "name", "modality", "realizes", "status"))


add_commands(app, "area", splits=True)
