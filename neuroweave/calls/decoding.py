"""From a map, peaks or lists to what is active: as an answer, a file or a graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict, Unpack

from neuroweave.calls.dialogue import Answer, Ask, Dialogue, given, plain, upload

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

Peaks: TypeAlias = "Iterable[Sequence[float] | Mapping[str, Any]] | pd.DataFrame"


class Inputs(TypedDict, total=False):
    """What is to be decoded; :func:`activate` says what each means."""

    map: Any
    peaks: Peaks | None
    regions: str | Sequence[str] | None
    functions: str | Sequence[str] | None
    scenario: str | None
    atlas: str | None
    space: str | None
    threshold: float | None
    top: float | None
    fdr: float | None
    unthresholded: bool | None
    sign: str | None
    masks: Sequence[Any] | None
    score: str | None
    volume: int | None
    series: str | Path | None
    tr: float | None
    window: tuple[float, float] | None
    events: str | Path | None
    condition: str | None
    noise: str | None


def activate(
    *,
    map: Any = None,  # noqa: ANN401 - a path, or an image of any nibabel class
    peaks: Peaks | None = None,
    regions: str | Sequence[str] | None = None,
    functions: str | Sequence[str] | None = None,
    scenario: str | None = None,
    atlas: str | None = None,
    space: str | None = None,
    threshold: float | None = None,
    top: float | None = None,
    fdr: float | None = None,
    unthresholded: bool | None = None,
    sign: str | None = None,
    masks: Sequence[Any] | None = None,
    score: str | None = None,
    volume: int | None = None,
    series: str | Path | None = None,
    tr: float | None = None,
    window: tuple[float, float] | None = None,
    events: str | Path | None = None,
    condition: str | None = None,
    noise: str | None = None,
) -> Dialogue[Answer]:
    """Find what is active. Give exactly one of the first five, masks or a series.

    Args:
        map: a statistical map: a .nii or .nii.gz file, or a nibabel image.
        peaks: coordinates in mm, ``(x, y, z)`` or ``(x, y, z, value)``, or a frame of them.
        regions: ids or names of regions, or one.
        functions: ids of functions, or one.
        scenario: id of a stored scenario.
        atlas: the atlas to decode in.
        space: the space of the peaks (MNI152 if not said) or images (the atlas' own).
        threshold: for maps: what exceeds this is active.
        top: or the strongest per cent.
        fdr: or a false discovery rate, if the values are z.
        unthresholded: or the whole map, correlated with the evidence for each function.
        sign: for maps: positive, negative or both.
        masks: masks of regions of interest: files, or nibabel images.
        score: how functions are ranked, ``sum`` or ``correlation``; the one that fits if not said.
        volume: which volume of a 4-D map, counted from 0.
        series: a table with a row a volume and a column a region (CSV or TSV).
        tr: for series: seconds between rows.
        window: for series: seconds of interest, ``(start, stop)``.
        events: or its BIDS ``events.tsv``, with the ``condition`` of interest.
        condition: a trial type of the events.
        noise: for series: ``ar1`` (autoregressive noise, the default) or ``ols``.

    Returns:
        Atlas, space, regions, outside, functions, areas, models; ``.frame("regions")`` is a table.
    """
    return Answer((yield post("/activations", inputs(**locals()))))


def export(
    path: str | Path,
    format: str = "graphml",
    **what: Unpack[Inputs],
) -> Dialogue[Path]:
    """Save an activation as a file; takes what ``activate`` takes.

    ``format`` is ``graphml`` (the network of the active regions), ``csv`` (the regions), ``nifti``
    (a map of their weights) or ``dseg`` (a zipped BIDS segmentation with its table).
    """
    target = Path(path)
    target.write_bytes((yield _file("export", format, what)))
    return target


def to_networkx(**what: Unpack[Inputs]) -> Dialogue[nx.Graph]:
    """Get the network of an activation as a networkx graph; takes what ``activate`` takes.

    Nodes are the active regions with weight, degree, strength, betweenness and community, edges
    the stored connections among them.
    """
    import networkx

    content = yield _file("export", "graphml", what)
    return networkx.parse_graphml(content.decode())


def report(path: str | Path, **what: Unpack[Inputs]) -> Dialogue[Path]:
    """Save the report of an activation, one self-contained HTML page; takes what it takes."""
    target = Path(path)
    target.write_bytes((yield _file("report", None, what)))
    return target


def figure(path: str | Path, **what: Unpack[Inputs]) -> Dialogue[Path]:
    """Draw an activation into a .png or .svg file; takes what ``activate`` takes.

    It shows the map if there is one, else the active regions, in a glass brain.
    """
    target = Path(path)
    target.write_bytes((yield _file("figure", target.suffix.removeprefix("."), what)))
    return target


def clusters(
    map: Any,  # noqa: ANN401 - a path, or an image of any nibabel class
    *,
    atlas: str | None = None,
    space: str | None = None,
    threshold: float | None = None,
    top: float | None = None,
    fdr: float | None = None,
    sign: str | None = None,
    volume: int | None = None,
) -> Dialogue[Answer]:
    """List the clusters of a map, with peaks, sub-peaks and the regions that they lie in.

    Returns:
        Atlas, space, clusters; ``.frame("clusters")`` is a table.
    """
    return Answer((yield post("/clusters", inputs(**locals()))))


def inputs(**what: Unpack[Inputs]) -> dict[str, Any]:
    """Gather what is to be decoded, as the server reads it."""
    for name in what.keys() - Inputs.__annotations__.keys():
        raise TypeError(f"got an unexpected keyword argument {name!r}")
    said = given(**what)
    if "window" in said:
        said["window"] = "{:g}:{:g}".format(*said["window"])
    if "peaks" in said:
        said["peaks"] = [_peak(peak) for peak in _rows(said["peaks"])]
    for name in said.keys() & {"regions", "functions"}:
        said[name] = [said[name]] if isinstance(said[name], str) else list(said[name])
    return said


def post(path: str, options: dict[str, Any], headers: dict[str, str] | None = None) -> Ask:
    """Send what is to be decoded: JSON, or a form with the files."""
    masks = options.pop("masks", None) or ()
    single = {name: options.pop(name, None) for name in ("map", "series", "events")}
    files = [(name, upload(file)) for name, file in single.items() if file is not None]
    files += [("mask", upload(mask)) for mask in masks]
    if not files:
        return Ask("POST", path, json=options, headers=headers or {})
    return Ask("POST", path, data=options, files=files, headers=headers or {})


def _rows(peaks: Any) -> Iterable[Any]:  # noqa: ANN401 - rows, an array or a pandas frame
    """Peaks one by one; those of a frame by the names of its columns."""
    if isinstance(peaks, str | Path):
        raise TypeError(
            f"peaks: found {str(peaks)!r}, expected rows; pandas reads them from a file"
        )
    rows: Iterable[Any] = peaks.to_dict("records") if hasattr(peaks, "to_dict") else peaks
    return rows


def _peak(peak: Sequence[float] | Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    return dict(peak) if isinstance(peak, Mapping) else [plain(value) for value in peak]


def _file(what: str, format: str | None, options: Inputs) -> Ask:
    params = {} if format is None else {"format": format}
    return replace(post(f"/activations/{what}", inputs(**options)), params=params, raw=True)
