"""``functions``: the tree of mental functions."""

from __future__ import annotations

from typing import Annotated

import typer

from neuroweave.cli.output import After, Json, Limit, listing, print_json, print_table
from neuroweave.cli.session import open_store

app = typer.Typer(help="Mental functions and ontologies.", no_args_is_help=True)


@app.command("list")
def list_(
    q: Annotated[str | None, typer.Option("--q", help="Words of the name or definition.")] = None,
    limit: Limit = 200,
    after: After = None,
    as_json: Json = False,
) -> None:
    """The functions by id; the dots are the tree."""
    from graph import functions

    with open_store() as store:
        rows, following = functions.list_functions(store, q=q, limit=limit, after=after)
    listing(rows, following, as_json, ("id", "name", "ontology", "external_id", "n_regions"))


@app.command()
def show(
    function: Annotated[str, typer.Argument(help="Function id.")],
    limit: Limit = 20,
    as_json: Json = False,
) -> None:
    """One function: what it is, and the regions with the strongest evidence for it."""
    from graph import functions

    with open_store() as store:
        found = functions.get(store, function)
        regions, _ = functions.regions(store, function, limit=limit)
    if as_json:
        print_json({**found, "regions": regions})
        return
    print_table(("field", "value"), ([key, value] for key, value in found.items()))
    columns = ("region", "name", "weight", "functions")
    print_table(columns, ([row[column] for column in columns] for row in regions))
