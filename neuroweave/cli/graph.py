"""Reading the graph: how much is in it, and its scenarios."""

from __future__ import annotations

from dataclasses import asdict

import typer

from neuroweave.cli.output import Json, listing, print_json, print_table
from neuroweave.cli.session import open_store

scenario = typer.Typer(help="Stored scenarios.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(stats)


def stats(as_json: Json = False) -> None:
    """How many of each kind are in the graph."""
    from graph.stats import counts

    with open_store() as store:
        found = counts(store)
    if as_json:
        print_json(found)
    else:
        for kind, numbers in found.items():
            print_table((kind, "count"), numbers.items())


@scenario.command("list")
def list_scenarios(as_json: Json = False) -> None:
    """The stored scenarios."""
    from graph import scenarios

    with open_store() as store:
        rows = [asdict(scenario) for scenario in scenarios.list_scenarios(store)]
    listing(rows, None, as_json, ("id", "name", "dataset", "citation"))
