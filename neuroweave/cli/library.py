"""``models``: the library of pre-trained networks, filed under functional areas."""

from __future__ import annotations

from typing import Annotated

import typer

from neuroweave.cli.output import Json, listing, print_json, print_table
from neuroweave.cli.session import open_store

app = typer.Typer(help="Models and their checkpoints.", no_args_is_help=True)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """The models, with area, family and size."""
    from graph import models

    with open_store() as store:
        rows = models.list_models(store)
    columns = ("id", "areas", "functions", "category", "modality", "parameters")
    listing(rows, None, as_json, columns)


@app.command()
def show(model: Annotated[str, typer.Argument(help="Model id.")], as_json: Json = False) -> None:
    """One model: structure, tap points, trained checkpoints."""
    from graph import checkpoints, models

    with open_store() as store:
        found = {
            **models.get(store, model),
            "checkpoints": checkpoints.list_checkpoints(store, model=model),
        }
    if as_json:
        print_json(found)
    else:
        print_table(("field", "value"), ([key, value] for key, value in found.items()))
