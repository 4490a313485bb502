"""``claims``: the evidence behind the links, and bringing in published evidence."""

from __future__ import annotations

from typing import Annotated

import typer

from neuroweave.cli.claims_compute import compute
from neuroweave.cli.claims_import import import_
from neuroweave.cli.output import After, Json, Limit, listing
from neuroweave.cli.session import open_store

app = typer.Typer(help="Claims: the evidence behind the links.", no_args_is_help=True)
app.command()(compute)
app.command("import")(import_)

_COLUMNS = ("region", "function", "source", "inference", "statistic", "value", "q", "weight")


@app.command("list")
def list_(
    region: Annotated[str | None, typer.Option("--region", help="Region id.")] = None,
    function: Annotated[str | None, typer.Option("--function", help="Function id.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="Source id.")] = None,
    limit: Limit = 50,
    after: After = None,
    as_json: Json = False,
) -> None:
    """Claims, each with its own source's statistic and value."""
    from graph import claims

    with open_store() as store:
        rows, following = claims.list_claims(
            store, region=region, function=function, source=source, limit=limit, after=after
        )
    listing(rows, following, as_json, _COLUMNS)
