"""Reading the graph: links, scenarios and history."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from neuroweave.cli.output import After, Json, Limit, listing, print_json, print_table
from neuroweave.cli.session import open_store

link = typer.Typer(help="Region-function links.", no_args_is_help=True)
scenario = typer.Typer(help="Stored scenarios.", no_args_is_help=True)

Region = Annotated[str | None, typer.Option("--region", help="Region id.")]
Function = Annotated[str | None, typer.Option("--function", help="Function id.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(history)
    app.command()(stats)


def history(limit: Limit = 20, after: After = None, as_json: Json = False) -> None:
    """What was changed, by whom and when; the newest first."""
    from graph import revisions

    with open_store() as store:
        rows, following = revisions.list_revisions(
            store, limit=limit, after=None if after is None else int(after)
        )
    listing(rows, following, as_json, ("seq", "at", "by", "action", "reason"))


def stats(as_json: Json = False) -> None:
    """How many of each kind are in the graph."""
    from graph.stats import counts

    with open_store() as store:
        found = counts(store)
    if as_json:
        print_json(found)
    else:
        print_table(("what", "count"), ([key, value] for key, value in found.items()))


@link.command("show")
def show_links(
    region: Region = None,
    function: Function = None,
    limit: Limit = 50,
    after: After = None,
    as_json: Json = False,
) -> None:
    """Links of a region or a function, with each source's own weight."""
    from graph.links import list_links

    with open_store() as store:
        rows, following = list_links(
            store, region=region, function=function, limit=limit, after=after
        )
    listing(rows, following, as_json, ("region", "function", "weight"))


@scenario.command("list")
def list_scenarios(as_json: Json = False) -> None:
    """The stored scenarios."""
    from graph import scenarios

    with open_store() as store:
        rows = [asdict(scenario) for scenario in scenarios.list_scenarios(store)]
    listing(rows, None, as_json, ("id", "name", "dataset", "citation"))
