"""From what a person gives (a map, peaks, regions, functions, a scenario) to what is active."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from atlas import decode
from atlas.activation import ActivationPattern, Peak
from atlas.errors import InvalidInput, NotFound
from atlas.model import Atlas, Region, Source
from atlas.spaces import MNI
from atlas.volume_store import VolumeStore
from composer.selection import Selection, select
from graph import atlases, regions, scenarios, selection
from graph.store import Store

Sign = Literal["positive", "negative", "both"]
SIGNS: tuple[Sign, ...] = ("positive", "negative", "both")
KINDS = ("map", "peaks", "regions", "functions", "scenario")

DEFAULT_ATLAS = "seitzman300"


@dataclass(frozen=True, slots=True)
class Inputs:
    """One activation, given in exactly one of five ways.

    ``space`` is the space of ``peaks`` (MNI152 unless said otherwise); ``threshold`` and ``sign``
    belong to ``map``.

    >>> Inputs(regions=("dosenbach160:1",)).kind
    'regions'
    """

    atlas: str | None = None
    space: str | None = None
    map: Path | None = None
    threshold: float | None = None
    sign: Sign = "positive"
    peaks: tuple[Peak, ...] | None = None
    regions: tuple[str, ...] | None = None
    functions: tuple[str, ...] | None = None
    scenario: str | None = None

    def __post_init__(self) -> None:
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise InvalidInput("input", found=found, expected="exactly one of " + ", ".join(KINDS))
        if self.sign not in SIGNS:
            raise InvalidInput("sign", found=repr(self.sign), expected="one of " + ", ".join(SIGNS))

    @property
    def kind(self) -> str:
        """Which of the five was given."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    def to_dict(self) -> dict[str, Any]:
        """JSON form, without what was not given."""
        data = {key: value for key, value in asdict(self).items() if value is not None}
        if self.map is not None:
            data["map"] = str(self.map)
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Inputs:
        """Inverse of :meth:`to_dict`; other keys are ignored."""
        known = {key: data[key] for key in cls.__slots__ if data.get(key) is not None}
        if "map" in known:
            known["map"] = Path(known["map"])
        if "peaks" in known:
            known["peaks"] = tuple(
                peak if isinstance(peak, Peak) else Peak(**peak) for peak in known["peaks"]
            )
        for key in ("regions", "functions"):
            if key in known:
                known[key] = tuple(known[key])
        return cls(**known)


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation pattern with everything the graph knows about it."""

    inputs: Inputs
    atlas: Atlas
    pattern: ActivationPattern
    selection: Selection

    @property
    def regions(self) -> dict[str, Region]:
        """The atlas' regions by id."""
        return {region.id: region for region in self.atlas.regions}

    def to_dict(self) -> dict[str, Any]:
        """The keys of ``activate``: atlas, space, regions, outside, functions, areas, models."""
        outside = self.pattern.outside
        return {
            "atlas": self.atlas.id,
            "space": self.pattern.space,
            "method": self.pattern.method,
            "note": self.pattern.note,
            "regions": self._region_rows(),
            "outside": {
                "count": outside.count,
                "share": outside.share,
                "peaks": [asdict(peak) for peak in outside.peaks],
            },
            **self.selection.to_dict(),
        }

    def _region_rows(self) -> list[dict[str, Any]]:
        known = self.regions
        rows = []
        for active in self.pattern.regions:
            region = known[active.region]
            peak = active.peak
            rows.append(
                {
                    "id": region.id,
                    "name": region.name,
                    "hemisphere": region.hemisphere,
                    "network": region.network,
                    "weight": active.weight,
                    "covered": active.covered,
                    "mean": active.mean,
                    "peak": None
                    if peak is None
                    else {"value": peak.value, "x": peak.x, "y": peak.y, "z": peak.z},
                }
            )
        return rows


def activate(store: Store, inputs: Inputs) -> Activation:
    """Decode an activation in one atlas and collect its functions, areas and models.

    Raises:
        NotFound: unknown atlas, scenario, region or function.
        InvalidInput: an unreadable map, impossible coordinates and so on (see ``atlas.decode``).
    """
    atlas = load_atlas(store, inputs.atlas or DEFAULT_ATLAS)
    pattern = _decode(store, atlas, inputs)
    return Activation(inputs, atlas, pattern, select(store, pattern))


def load_atlas(store: Store, atlas_id: str) -> Atlas:
    """Read an atlas with its regions from the graph.

    Raises:
        NotFound: no such atlas; the ones that are there are listed.
    """
    try:
        row = atlases.get(store, atlas_id)
    except NotFound as error:
        known = ", ".join(item["id"] for item in atlases.list_atlases(store)) or "none loaded yet"
        raise NotFound("atlas", found=repr(atlas_id), expected=f"one of {known}") from error
    source = Source(row["source"] or atlas_id, row["name"])
    return Atlas(
        row["id"],
        row["name"],
        row["space"],
        source,
        version=row["version"] or "",
        kind=row["kind"] or "spheres",
        volume=VolumeStore.at(store.config.home).open(row["volume"]) if row["volume"] else None,
        supersedes=row["supersedes"],
        regions=tuple(regions.of_atlas(store, atlas_id)),
    )


def _decode(store: Store, atlas: Atlas, inputs: Inputs) -> ActivationPattern:
    if inputs.map is not None:
        return decode.from_map(atlas, inputs.map, threshold=inputs.threshold, sign=inputs.sign)
    if inputs.peaks is not None:
        return decode.from_peaks(atlas, inputs.peaks, space=inputs.space or MNI)
    if inputs.regions is not None:
        return decode.from_regions(atlas, inputs.regions)
    if inputs.functions is not None:
        rows = selection.function_regions(store, atlas.id, inputs.functions)
        return decode.from_functions(atlas, rows, inputs.functions)
    scenario = scenarios.get(store, str(inputs.scenario))
    if scenario.regions:
        pattern = decode.from_regions(atlas, scenario.regions)
    else:
        pattern = decode.from_peaks(atlas, scenario.peaks, space=scenario.space)
    return replace(pattern, method="scenario")
