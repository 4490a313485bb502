"""Coordinates of whole meta-analyses: NIMADS studysets and NiMARE data sets, both JSON.

NIMADS: ``{studies: [{name, analyses: [{name, points: [{space, coordinates: [x, y, z],
values}]}]}]}`` (a list of such studysets is read as one). NiMARE: ``{study: {contrasts: {contrast:
{coords: {space, x: […], y: […], z: […]}}}}}``. Each analysis or contrast is one experiment.
Sources: the NIMADS specification of Neurostuff and ``nimare.dataset.Dataset``'s documented JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from atlas.errors import InvalidInput
from atlas.spaces import require_space

Rows = list[dict[str, Any]]


def is_studyset(data: object) -> bool:
    """Whether parsed JSON looks like a NIMADS studyset, or a list of them."""
    if isinstance(data, list):
        return bool(data) and all(is_studyset(item) for item in data)
    return isinstance(data, Mapping) and isinstance(data.get("studies"), list)


def is_nimare(data: object) -> bool:
    """Whether parsed JSON looks like a NiMARE data set."""
    return (
        isinstance(data, Mapping)
        and bool(data)
        and all(isinstance(study, Mapping) and "contrasts" in study for study in data.values())
    )


def from_studyset(data: object) -> tuple[str, Rows]:
    """Space and rows ``{x, y, z, value?, experiment}`` of a NIMADS studyset.

    Raises:
        InvalidInput: a malformed study, no space, an unknown space or several spaces.
    """
    spaces: dict[str, str] = {}
    rows: Rows = []
    for at, name, point in _points(data):
        xyz = point.get("coordinates")
        if not isinstance(xyz, Sequence) or isinstance(xyz, str) or len(xyz) != 3:
            raise InvalidInput(f"{at}.coordinates", found=repr(xyz)[:60], expected="[x, y, z]")
        spaces[_space(point.get("space"), at)] = at
        row = dict(zip("xyz", xyz, strict=True))
        rows.append({**row, **_statistic(point), "experiment": name})
    return _only(spaces), rows


def from_nimare(data: Mapping[str, Any]) -> tuple[str, Rows]:
    """Space and rows ``{x, y, z, experiment}`` of a NiMARE data set.

    Raises:
        InvalidInput: coordinates of different lengths, no space, or several spaces.
    """
    spaces: dict[str, str] = {}
    rows: Rows = []
    for study, content in data.items():
        for contrast, known in _mapping(content["contrasts"], study).items():
            at = f"{study}.{contrast}.coords"
            coords = _mapping(known, at).get("coords")
            if coords is None:  # images only
                continue
            found = [_mapping(coords, at).get(axis) for axis in "xyz"]
            columns = [column for column in found if isinstance(column, list)]
            if len(columns) < 3 or len({len(column) for column in columns}) > 1:
                raise InvalidInput(at, found="unequal columns", expected="x, y, z of one length")
            spaces[_space(coords.get("space"), at)] = at
            for xyz in zip(*columns, strict=True):
                rows.append(
                    {**dict(zip("xyz", xyz, strict=True)), "experiment": f"{study}-{contrast}"}
                )
    return _only(spaces), rows


def _points(data: object) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Where a point stands, its experiment and the point."""
    sets: list[Any] = data if isinstance(data, list) else [data]
    for studyset in sets:
        for i, study in enumerate(studyset["studies"]):
            title = str(_mapping(study, f"studies[{i}]").get("name") or study.get("id") or i)
            for j, analysis in enumerate(study.get("analyses") or ()):
                at = f"studies[{i}].analyses[{j}]"
                name = str(_mapping(analysis, at).get("name") or analysis.get("id") or j)
                for k, point in enumerate(analysis.get("points") or ()):
                    place = f"{at}.points[{k}]"
                    yield place, f"{title}: {name}", _mapping(point, place)


def _statistic(point: Mapping[str, Any]) -> dict[str, Any]:
    """The point's first value, if it has one; NIMADS lists ``values: [{kind, value}]``."""
    for entry in point.get("values") or ():
        if isinstance(entry, Mapping) and isinstance(entry.get("value"), (int, float)):
            return {"value": entry["value"]}
    return {}


def _mapping(value: object, at: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInput(at, found=type(value).__name__, expected="an object")
    return value


def _space(said: object, at: str) -> str:
    if not said:
        raise InvalidInput(f"{at}.space", found="none", expected="MNI or TAL")
    return require_space(str(said), f"{at}.space")


def _only(spaces: Mapping[str, str]) -> str:
    if len(spaces) > 1:
        raise InvalidInput(
            "peaks",
            found="points in " + " and ".join(f"{space} ({at})" for space, at in spaces.items()),
            expected="one space",
            hint="split the file, or convert the points first",
        )
    return next(iter(spaces), "")
