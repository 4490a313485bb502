"""``export``: an activation as a file for another program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuroweave.cli import inputs as given
from neuroweave.cli.output import Json, print_json

if TYPE_CHECKING:
    from composer.activation import Inputs


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(export)


@given.with_inputs
def export(
    inputs: Inputs,
    out: Annotated[Path, typer.Option("--out", help="The file to write (dseg: a .zip).")],
    format: Annotated[
        str, typer.Option("--format", help="graphml, csv, nifti (weights) or dseg (BIDS).")
    ] = "graphml",
    as_json: Json = False,
) -> None:
    """Write the active regions as GraphML, CSV, a NIfTI map or a BIDS segmentation."""
    from composer import export as files
    from composer.activation import activate
    from neuroweave.cli.session import open_store

    with open_store() as store:
        made = files.export(store, activate(store, inputs), format)
    _write(out, made.content)
    if as_json:
        print_json({"path": str(out), "format": format, "bytes": len(made.content)})
    else:
        print(f"{out}: {len(made.content):,} bytes")


def _write(path: Path, content: bytes) -> None:
    from atlas.errors import InvalidInput

    try:
        path.write_bytes(content)
    except OSError as error:
        found = f"{path.name} ({error.strerror})"
        raise InvalidInput("out", found=found, expected="a file that can be written") from error
