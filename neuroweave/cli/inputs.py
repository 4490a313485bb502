"""The options that name an activation, shared by ``activate`` and ``build``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuroweave.cli.grouped import with_options

if TYPE_CHECKING:
    from composer.activation import Inputs

Files = list[Path] | None
Map = Annotated[Path | None, typer.Option("--map", help="Statistical map (NIfTI).")]
SubBrick = Annotated[
    int | None, typer.Option("--volume", help="Which volume of a 4-D map, counted from 0.")
]
Peaks = Annotated[Path | None, typer.Option("--peaks", help="Peaks: table, Sleuth text, NIMADS.")]
Masks = Annotated[Files, typer.Option("--mask", help="Mask of a region of interest; repeatable.")]
Series = Annotated[Path | None, typer.Option("--series", help="Region × time table, with --tr.")]
Regions = Annotated[
    str | None, typer.Option("--regions", help="Region ids, or names in --atlas, a,b,…")
]
Functions = Annotated[str | None, typer.Option("--functions", help="Function ids, f,g,…")]
Scenario = Annotated[str | None, typer.Option("--scenario", help="A stored scenario.")]
Atlas = Annotated[str | None, typer.Option("--atlas", help="Atlas id (see `atlas list`).")]
Space = Annotated[str | None, typer.Option("--space", help="Space of the coordinates.")]
Threshold = Annotated[
    float | None, typer.Option("--threshold", help="Map, series: what exceeds this is active.")
]
Top = Annotated[float | None, typer.Option("--top", help="… or the strongest per cent.")]
Fdr = Annotated[float | None, typer.Option("--fdr", help="… or a false discovery rate, of z.")]
Unthresholded = Annotated[
    bool, typer.Option("--unthresholded", help="… or all of it, correlated with the evidence.")
]
Sign = Annotated[str, typer.Option("--sign", help="Map, series: positive, negative or both.")]
Tr = Annotated[float | None, typer.Option("--tr", help="Series: seconds between its rows.")]
Window = Annotated[str | None, typer.Option("--window", help="Series: seconds of interest, 10:20.")]
Events = Annotated[
    Path | None, typer.Option("--events", help="Series: BIDS events.tsv, with --condition.")
]
Condition = Annotated[str | None, typer.Option("--condition", help="Series: a trial type.")]
Noise = Annotated[
    str | None, typer.Option("--noise", help="Series: ar1 (autoregressive, the default) or ols.")
]
Score = Annotated[
    str | None, typer.Option("--score", help="Functions by sum of links or by correlation.")
]


def make_inputs(
    map: Map = None,
    peaks: Peaks = None,
    regions: Regions = None,
    functions: Functions = None,
    scenario: Scenario = None,
    atlas: Atlas = None,
    space: Space = None,
    threshold: Threshold = None,
    top: Top = None,
    fdr: Fdr = None,
    unthresholded: Unthresholded = False,
    sign: Sign = "positive",
    mask: Masks = None,
    series: Series = None,
    tr: Tr = None,
    window: Window = None,
    events: Events = None,
    condition: Condition = None,
    noise: Noise = None,
    score: Score = None,
    volume: SubBrick = None,
) -> Inputs:
    """Turn the options into :class:`composer.activation.Inputs`; its signature is the options."""
    from composer.activation import Inputs
    from ingest.peaks import read_peaks

    table = None if peaks is None else read_peaks(peaks)
    return Inputs.from_dict(
        {
            "atlas": atlas,
            "space": space if table is None else table.space_or(space),
            "map": map,
            "threshold": threshold,
            "top": top,
            "fdr": fdr,
            "unthresholded": unthresholded,
            "sign": sign,
            "peaks": None if table is None else table.peaks,
            "regions": _split(regions),
            "functions": _split(functions),
            "scenario": scenario,
            "masks": mask or None,
            "series": series,
            "tr": tr,
            "window": None if window is None else _seconds(window),
            "events": events,
            "condition": condition,
            "noise": noise,
            "score": score,
            "volume": volume,
        }
    )


with_inputs = with_options(make_inputs)
"""Give a command the options of :func:`make_inputs`; it receives the inputs first."""


def _seconds(text: str) -> tuple[float, float]:
    from atlas.errors import InvalidInput

    try:
        start, stop = (float(part) for part in text.split(":"))
    except ValueError as error:
        expected = "seconds, start:stop"
        raise InvalidInput("window", found=repr(text), expected=expected) from error
    return start, stop


def _split(text: str | None) -> list[str] | None:
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]
