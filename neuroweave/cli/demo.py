"""``demo``: the whole road on the built-in data."""

from __future__ import annotations

from typing import Annotated

import typer

from neuroweave.cli.output import Json


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(demo)


def demo(
    quick: Annotated[bool, typer.Option("--quick", help="Fewer candidates.")] = False,
    as_json: Json = False,
) -> None:
    """Run the whole road: database, atlases, a real map, a scenario, a searched network."""
    import contextlib
    import sys

    from neuroweave.cli.output import print_json
    from neuroweave.demo import run_demo
    from neuroweave.settings import load_settings

    with contextlib.redirect_stdout(sys.stderr if as_json else sys.stdout):
        result = run_demo(load_settings(), quick=quick)
    if as_json:
        print_json(result)
