"""From a map, peaks or lists to what is active: as an answer, a file or a graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from neuroweave.calls.dialogue import Answer, Ask, Dialogue, given, plain, upload

if TYPE_CHECKING:
    import networkx as nx

Peaks: TypeAlias = Iterable[Sequence[float] | Mapping[str, Any]]


def activate(
    *,
    map: Any = None,  # noqa: ANN401 - a path, or an image of any nibabel class
    peaks: Peaks | None = None,
    regions: Sequence[str] | None = None,
    functions: Sequence[str] | None = None,
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
) -> Dialogue[Answer]:
    """Find what is active. Give exactly one of the first five, or masks.

    Args:
        map: a statistical map: a .nii or .nii.gz file, or a nibabel image.
        peaks: coordinates in mm, ``(x, y, z)`` or ``(x, y, z, value)``.
        regions: ids or names of regions.
        functions: ids of functions.
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

    Returns:
        Atlas, space, regions, outside, functions, areas, models; ``.frame("regions")`` is a table.
    """
    return Answer((yield post("/activations", inputs(**locals()))))


def export(
    path: str | Path,
    format: str = "graphml",
    *,
    map: Any = None,  # noqa: ANN401 - see activate
    peaks: Peaks | None = None,
    regions: Sequence[str] | None = None,
    functions: Sequence[str] | None = None,
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
) -> Dialogue[Path]:
    """Save an activation as a file; takes what ``activate`` takes.

    ``format`` is ``graphml`` (the network of the active regions), ``csv`` (the regions), ``nifti``
    (a map of their weights) or ``dseg`` (a zipped BIDS segmentation with its table).
    """
    options = inputs(**locals())
    target = Path(path)
    target.write_bytes((yield _export(options, format)))
    return target


def to_networkx(
    *,
    map: Any = None,  # noqa: ANN401 - see activate
    peaks: Peaks | None = None,
    regions: Sequence[str] | None = None,
    functions: Sequence[str] | None = None,
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
) -> Dialogue[nx.Graph]:
    """Get the network of an activation as a networkx graph; takes what ``activate`` takes.

    Nodes are the active regions with weight, degree, strength, betweenness and community, edges
    the stored connections among them.
    """
    import networkx

    content = yield _export(inputs(**locals()), "graphml")
    return networkx.parse_graphml(content.decode())


def inputs(
    *,
    map: Any,  # noqa: ANN401
    peaks: Peaks | None,
    regions: Sequence[str] | None,
    functions: Sequence[str] | None,
    **options: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """Gather what is to be decoded, as the server reads it; other options are left out."""
    known = ("scenario", "atlas", "space", "threshold", "top", "fdr", "unthresholded", "sign",
             "masks", "score")  # fmt: skip
    return given(
        map=map,
        peaks=None if peaks is None else [_peak(peak) for peak in peaks],
        regions=None if regions is None else list(regions),
        functions=None if functions is None else list(functions),
        **{key: options[key] for key in known},
    )


def post(path: str, options: dict[str, Any], headers: dict[str, str] | None = None) -> Ask:
    """Send what is to be decoded: JSON, or a form with the images."""
    image, masks = options.pop("map", None), options.pop("masks", None)
    if image is None and masks is None:
        return Ask("POST", path, json=options, headers=headers or {})
    files = [("map", upload(image))] if image is not None else []
    files += [("mask", upload(mask)) for mask in masks or ()]
    return Ask("POST", path, data=options, files=files, headers=headers or {})


def _peak(peak: Sequence[float] | Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    return dict(peak) if isinstance(peak, Mapping) else [plain(value) for value in peak]


def _export(options: dict[str, Any], format: str) -> Ask:
    ask = post("/activations/export", options)
    return replace(ask, params={"format": format}, raw=True)
