"""Atlases, their regions, and what lies where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroweave.calls.dialogue import Answer, Ask, Dialogue, address, given, one, table, upload

if TYPE_CHECKING:
    import pandas as pd


def atlases(limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the atlases."""
    return (yield from table("/atlases", limit))


def atlas(id: str) -> Dialogue[Answer]:
    """Show one atlas."""
    return (yield from one("/atlases", id))


def check_atlas(id: str) -> Dialogue[Answer]:
    """Judge an atlas: errors, warnings and notes, each with code, count, examples and hint."""
    return Answer((yield Ask("GET", address("/atlases", id) + "/check")))


def import_atlas(
    volume: Any = None,  # noqa: ANN401 - a path, or an image of any nibabel class
    labels: str | Path | None = None,
    *,
    id: str | None = None,
    name: str | None = None,
    space: str | None = None,
    template: str | None = None,
    licence: str | None = None,
    citation: str | None = None,
    radius: float | None = None,
    map_threshold: float | None = None,
    columns: Mapping[str, str] | None = None,
    levels: Sequence[str] = (),
    child_of: str | None = None,
    accept: Sequence[str] = (),
    version: bool = False,
    dry_run: bool = False,
) -> Dialogue[Answer]:
    """Bring in an atlas; it is judged first, and the same again changes nothing.

    Args:
        volume: a label volume, or the probability maps of its regions: a .nii or .nii.gz file,
            or a nibabel image.
        labels: its table of names; without a volume a table of coordinates.
        id: id of the atlas; from the file name if not said.
        name: name for people.
        space: space of the coordinates, where the files do not say it.
        template: template that it was drawn on.
        licence: its licence.
        citation: paper to cite.
        radius: radius of every sphere in mm, where the table has none.
        map_threshold: least probability (0 to 1) for a voxel to be in a region, of 4-D maps.
        columns: columns of the table by role (``{"id": "value"}``).
        levels: columns that become atlases, finest first.
        child_of: stored atlas that is one level up.
        accept: codes of errors to accept.
        version: keep a changed atlas beside the stored one; otherwise it is refused.
        dry_run: judge and compare only.

    Returns:
        ``atlases`` with action, difference and check of each, ``guesses``, ``written``.
    """
    fields = given(id=id, name=name, space=space, template=template, licence=licence,
                    citation=citation, radius=radius,
                    map_threshold=map_threshold, child_of=child_of)  # fmt: skip
    fields["columns"] = [f"{role}={column}" for role, column in (columns or {}).items()]
    fields |= {"levels": list(levels), "accept": list(accept), "version": version}
    sent = {"volume": volume, "labels": labels}
    files = [(key, upload(file)) for key, file in sent.items() if file is not None]
    query = {"dry_run": dry_run}
    return Answer((yield Ask("POST", "/atlases", query, data=fields, files=files)))


def analysis(
    atlas: str,
    *,
    source: str | None = None,
    level: int | None = None,
    groups: Sequence[str] | None = None,
    permutations: int | None = None,
    seed: int | None = None,
) -> Dialogue[Answer]:
    """Say how the functions of an atlas lie over its regions, against random sets of regions.

    Args:
        atlas: id of the atlas.
        source: the evidence of this source only.
        level: depth of the groups that cover most regions; 0: none.
        groups: ids of functions instead of a level.
        permutations: random sets for each comparison.
        seed: of the random sets.

    Returns:
        ``functions``, ``functions_per_region``, ``pairs``, ``cover``.
    """
    query = _analysis(source, level, groups, permutations, seed)
    return Answer((yield Ask("GET", address("/atlases", atlas) + "/analysis", query)))


def analysis_figure(
    path: str | Path,
    atlas: str,
    *,
    source: str | None = None,
    level: int | None = None,
    groups: Sequence[str] | None = None,
    permutations: int | None = None,
    seed: int | None = None,
) -> Dialogue[Path]:
    """Draw the analysis of an atlas into a .png or .svg file; takes what ``analysis`` takes."""
    target = Path(path)
    query = _analysis(source, level, groups, permutations, seed)
    query["format"] = target.suffix.removeprefix(".")
    place = address("/atlases", atlas) + "/analysis/figure"
    target.write_bytes((yield Ask("GET", place, query, raw=True)))
    return target


def regions(
    atlas: str | None = None,
    q: str | None = None,
    function: str | None = None,
    near: Sequence[float] | None = None,
    radius_mm: float | None = None,
    limit: int | None = None,
) -> Dialogue[pd.DataFrame]:
    """Search regions.

    Args:
        atlas: of this atlas only.
        q: words of the name.
        function: regions linked to this function.
        near: x, y, z in mm; the nearest come first.
        radius_mm: only within this distance of ``near``.
        limit: rows at most; all of them if not said.
    """
    place = None if near is None else ",".join(f"{float(value):g}" for value in near)
    query = {"atlas": atlas, "q": q, "function": function, "near": place, "radius_mm": radius_mm}
    return (yield from table("/regions", limit, query))


def region(id: str) -> Dialogue[Answer]:
    """Show one region."""
    return (yield from one("/regions", id))


def connections(id: str, limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the regions that a region is connected to."""
    return (yield from table(address("/regions", id) + "/connections", limit))


def neighbours(id: str, limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the regions of its atlas that share a border with a region."""
    return (yield from table(address("/regions", id) + "/neighbours", limit))


def overlaps(
    atlas: str, other: str, region: str | None = None, limit: int | None = None
) -> Dialogue[pd.DataFrame]:
    """List how the regions of an atlas overlap those of another: Dice, both containments, a word.

    ``region`` asks for one region of ``atlas``.
    """
    query = {"with": other, "region": region}
    return (yield from table(address("/atlases", atlas) + "/overlaps", limit, query))


def locate(
    x: float, y: float, z: float, atlas: str | None = None, space: str | None = None
) -> Dialogue[Answer]:
    """Say which region holds a coordinate (mm) and which one is nearest."""
    query = given(x=x, y=y, z=z, atlas=atlas, space=space)
    return Answer((yield Ask("GET", "/locate", query)))


def _analysis(
    source: str | None,
    level: int | None,
    groups: Sequence[str] | None,
    permutations: int | None,
    seed: int | None,
) -> dict[str, Any]:
    named = None if groups is None else ",".join(groups)
    return given(source=source, level=level, groups=named, permutations=permutations, seed=seed)
