"""``atlas``: which atlases are in the graph, and bringing in the built-in ones."""

from __future__ import annotations

from typing import Annotated

import typer

from neuroweave.cli.output import After, Json, Limit, listing, print_json, print_table, progress_bar
from neuroweave.cli.session import fill, open_store

app = typer.Typer(help="Atlases and their regions.", no_args_is_help=True)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """The atlases in the graph."""
    from graph import atlases

    with open_store() as store:
        rows = atlases.list_atlases(store)
    listing(rows, None, as_json, ("id", "name", "space", "regions", "licence"))


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


@app.command("import")
def import_(
    name: Annotated[str, typer.Argument(help="builtin: all that comes with the project.")],
    as_json: Json = False,
) -> None:
    """Bring in atlases, functions, areas, evidence and scenarios; a second time changes nothing."""
    from atlas.errors import NotFound

    if name != "builtin":
        raise NotFound("atlas import", found=repr(name), expected="builtin")
    with open_store(ready=False) as store, progress_bar("importing") as progress:
        report = fill(store, progress)
    if as_json:
        print_json(report)
    else:
        columns = ("created", "changed", "unchanged")
        rows = ((what, *(n[column] for column in columns)) for what, n in report.items())
        print_table(("what", *columns), rows)
