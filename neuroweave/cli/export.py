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
    out: Annotated[
        Path, typer.Option("--out", help="The file: .graphml, .csv, .nii.gz or, for dseg, .zip.")
    ],
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="graphml, csv, nifti (weights) or dseg (BIDS).",
            show_default="by the file's ending",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the active regions as GraphML, CSV, a NIfTI map or a BIDS segmentation."""
    from atlas.whole_files import write_whole
    from composer import export as files
    from composer.activation import activate
    from neuroweave.cli.session import open_store

    kind = files.format_of(out, format)
    with open_store() as store:
        made = files.export(store, activate(store, inputs), kind)
    write_whole(out, made.content, what="out")
    if as_json:
        print_json({"path": str(out), "format": kind, "bytes": len(made.content)})
    else:
        print(f"{out}: {len(made.content):,} bytes")
