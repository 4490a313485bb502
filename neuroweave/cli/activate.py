"""``locate`` and ``activate``: where is this, and what is active?"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuroweave.cli import inputs as given
from neuroweave.cli.output import Json, print_json, print_table, progress_bar

if TYPE_CHECKING:
    from composer.activation import Activation, Inputs
    from graph.store import Store

Report = Annotated[
    Path | None, typer.Option("--report", help="Write one self-contained HTML page there.")
]
Figure = Annotated[
    Path | None, typer.Option("--figure", help="Draw the brain into a .png or .svg file.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(context_settings={"ignore_unknown_options": True})(locate)
    app.command()(activate)


def locate(
    x: Annotated[str, typer.Argument(metavar="X", help="Millimetres, to the right.")],
    y: Annotated[str, typer.Argument(metavar="Y", help="Millimetres, to the front.")],
    z: Annotated[str, typer.Argument(metavar="Z", help="Millimetres, upwards.")],
    atlas: given.Atlas = None,
    space: given.Space = None,
    as_json: Json = False,
) -> None:
    """Name the region at a coordinate, and the nearest one."""
    from atlas.decode.locate import locate as locate_point
    from atlas.spaces import MNI
    from composer.activation import DEFAULT_ATLAS, load_atlas
    from neuroweave.cli.session import open_store

    point = (_number("x", x), _number("y", y), _number("z", z))
    with open_store() as store:
        parcellation = load_atlas(store, atlas or DEFAULT_ATLAS)
    found = locate_point(parcellation, *point, space or MNI)
    if as_json:
        print_json(found)
        return
    region, nearest = found["region"], found["nearest"]
    print(f"{region['name']} ({region['id']})" if region else "outside every region")
    if nearest:
        print(f"nearest: {nearest['name']} ({nearest['id']}), {nearest['distance_mm']:.1f} mm")


def _number(field: str, text: str) -> float:
    from atlas.errors import InvalidInput

    try:
        return float(text)
    except ValueError as error:
        raise InvalidInput(field, found=repr(text), expected="millimetres") from error


@given.with_inputs
def activate(
    inputs: Inputs, report: Report = None, figure: Figure = None, as_json: Json = False
) -> None:
    """Decode an activation into regions, functions, areas and candidate models."""
    from atlas.whole_files import require_ending
    from composer.activation import activate as decode
    from composer.figures.canvas import format_of
    from neuroweave.cli.session import open_store

    if figure:
        format_of(figure)
    if report:
        require_ending(report, ".html", ".htm", field="report")
    with open_store() as store:
        result = decode(store, inputs)
        if report:
            _write_report(store, result, report)
    if figure:
        _write_figure(result, figure)
    found = result.to_dict()
    if as_json:
        print_json(found)
    else:
        print_activation(found)


def _write_report(store: Store, found: Activation, path: Path) -> None:
    from atlas.whole_files import write_whole
    from composer.report.page import report

    again = {"Command line": shlex.join(["neuroweave", *sys.argv[1:]])}
    with progress_bar("drawing the report"):
        page = report(store, found, again)
    write_whole(path, page.encode(), what="report")


def _write_figure(found: Activation, path: Path) -> None:
    from atlas.whole_files import write_whole
    from composer.figures.canvas import format_of
    from composer.report.figures import brain_figure

    write_whole(path, brain_figure(found, format_of(path)), what="figure")


def print_activation(found: dict[str, Any], rows: int = 10) -> None:
    """Show the head of each part of an activation as tables."""
    outside = found["outside"]
    print(f"{len(found['regions'])} regions of {found['atlas']} ({found['space']}) are active;")
    print(f"{outside['count']} ({outside['share']:.1%}) of what is active lies outside the atlas.")
    if found["note"]:
        print(found["note"])
    print_table(
        ("region", "name", "weight", "covered", "peak", "at x y z"),
        (
            (r["id"], r["name"], r["weight"], r["covered"], *_peak(r["peak"]))
            for r in found["regions"][:rows]
        ),
    )
    print(f"functions by {found['score']}:")
    print_table(
        ("function", "score", "z", "claims"),
        ((_function(f), f["score"], f["z"], len(f["claims"])) for f in found["functions"][:rows]),
    )
    active = [area for area in found["areas"] if area["active"]]
    if not active:
        print("No functional area stands out from chance.")
        return
    print_table(
        ("area", "score", "z", "because of"),
        ((a["id"], a["score"], a["z"], a["function"]) for a in active),
    )
    if found["models"]:
        print("candidate models:", ", ".join(sorted({m["id"] for m in found["models"]})))


def _function(row: dict[str, Any]) -> str:
    """The id, with what the evidence matrix calls it, or what it was split into."""
    if row["split_into"]:
        return f"{row['id']} (split: {', '.join(row['split_into'])})"
    return f"{row['id']} (was {row['column']})" if row["column"] else str(row["id"])


def _peak(peak: dict[str, float] | None) -> tuple[float | None, str]:
    if peak is None:
        return None, ""
    return peak["value"], f"{peak['x']:.0f} {peak['y']:.0f} {peak['z']:.0f}"
