"""``dictionaries``: the words of the model library."""

from __future__ import annotations

from typing import Annotated

import typer

from neuroweave.cli.output import Json, listing
from neuroweave.cli.session import open_store
from neuroweave.cli.vocabulary import add_commands

app = typer.Typer(help="Categories, optimizers and platforms.", no_args_is_help=True)


@app.command("list")
def list_(
    dictionary: Annotated[
        str | None, typer.Argument(help="category, optimizer or platform.")
    ] = None,
    as_json: Json = False,
) -> None:
    """The dictionaries, or the words of one with how many records name them."""
    from graph import dictionaries

    with open_store() as store:
        if dictionary is None:
            listing(dictionaries.list_dictionaries(store), None, as_json, ("id", "terms", "uses"))
            return
        rows = dictionaries.list_terms(store, dictionary)
    listing(rows, None, as_json, ("id", "definition", "status", "uses", "recorded"))


add_commands(app, "term")
