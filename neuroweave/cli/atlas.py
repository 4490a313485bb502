"""``atlas``: which atlases are in the graph, and bringing them in."""

from __future__ import annotations

from typing import Annotated

import typer

from neuroweave.cli import atlas_import
from neuroweave.cli.output import After, Json, Limit, listing, print_json, print_table
from neuroweave.cli.session import open_store

app = typer.Typer(help="Atlases and their regions.", no_args_is_help=True)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """The atlases in the graph."""
    from graph import atlases

    with open_store() as store:
        rows = atlases.list_atlases(store)
    listing(rows, None, as_json, ("id", "name", "space", "n_regions", "licence"))


@app.command()
def show(
    atlas: Annotated[str, typer.Argument(help="Atlas id.")],
    limit: Limit = 20,
    after: After = None,
    as_json: Json = False,
) -> None:
    """One atlas and its regions."""
    from graph import atlases, regions

    with open_store() as store:
        found = atlases.get(store, atlas)
        rows, following = regions.search(store, atlas=atlas, limit=limit, after=after)
    if as_json:
        print_json({**found, "items": rows, "next": following})
        return
    print_table(("field", "value"), ([key, value] for key, value in found.items()))
    listing(rows, following, False, ("id", "name", "hemisphere", "network", "x", "y", "z"))


atlas_import.register(app)
