"""From what a person gives (a map, peaks, masks, names, a series, …) to what is active."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from atlas.activation import ActivationPattern, Peak
from atlas.decode.functions import from_functions
from atlas.decode.glm import Noise
from atlas.decode.maps import from_map
from atlas.decode.masks import from_masks
from atlas.decode.peaks import from_peaks
from atlas.decode.regions import from_regions
from atlas.decode.series import Window, from_series
from atlas.decode.thresholds import Sign, Threshold, require_sign
from atlas.errors import InvalidInput, NotFound
from atlas.model import Atlas, Region, Source
from atlas.scoring import within
from atlas.spaces import MNI
from composer.selection import Selection, select, select_by_correlation
from graph import atlases, regions, scenarios, selection, volumes
from graph.store import Store
from graph.succession import Succession

Score = Literal["sum", "correlation"]
SCORES: tuple[Score, ...] = ("sum", "correlation")
KINDS = ("map", "masks", "peaks", "regions", "functions", "series", "scenario")
FILES = ("map", "series", "events")

DEFAULT_ATLAS = "seitzman300"


@dataclass(frozen=True, slots=True)
class Inputs:
    """One activation, given in exactly one of seven ways.

    ``space`` is that of the coordinates or images (peaks: MNI152 unless said otherwise; images:
    the atlas' own). ``threshold``, ``top``, ``fdr`` and ``unthresholded`` (one of them) and
    ``sign`` belong to ``map`` and ``series``; ``volume`` (which of a 4-D map, from 0) to ``map``;
    ``tr``, either ``window`` (seconds) or ``events`` and ``condition``, and ``noise`` (``ar1`` if
    None) to ``series``. ``score`` is how functions are ranked: ``sum`` over significant links, or
    ``correlation`` of an unthresholded map with the whole evidence matrix; None: the one that
    fits.

    >>> Inputs(regions=("dosenbach160:1",)).kind
    'regions'
    """

    atlas: str | None = None
    space: str | None = None
    map: Path | None = None
    volume: int | None = None
    threshold: float | None = None
    top: float | None = None
    fdr: float | None = None
    unthresholded: bool = False
    sign: Sign = "positive"
    masks: tuple[Path, ...] | None = None
    peaks: tuple[Peak, ...] | None = None
    regions: tuple[str, ...] | None = None
    functions: tuple[str, ...] | None = None
    series: Path | None = None
    tr: float | None = None
    window: tuple[float, float] | None = None
    events: Path | None = None
    condition: str | None = None
    noise: Noise | None = None
    scenario: str | None = None
    score: Score | None = None

    def __post_init__(self) -> None:
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise InvalidInput("input", found=found, expected="exactly one of " + ", ".join(KINDS))
        require_sign(self.sign)
        rule = self.rule
        if rule.stated and self.kind not in ("map", "series"):
            raise InvalidInput("threshold", found="no map", expected="a map to apply it to")
        if self.volume is not None and self.map is None:
            raise InvalidInput("volume", found="no map", expected="a map to take it from")
        self._check_score(rule)

    def _check_score(self, rule: Threshold) -> None:
        if self.score is not None and self.score not in SCORES:
            expected = "one of " + ", ".join(SCORES)
            raise InvalidInput("score", found=repr(self.score), expected=expected)
        if self.score == "correlation" and rule.kind != "none":
            raise InvalidInput(
                "score",
                found="correlation without an unthresholded map or series",
                expected="sum",
                hint="a correlation needs a value of every region: say unthresholded",
            )

    @property
    def kind(self) -> str:
        """Which of the seven was given."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def rule(self) -> Threshold:
        """What counts as active in a map or series."""
        return Threshold.from_options(self.threshold, self.top, self.fdr, self.unthresholded)

    @property
    def scored_by(self) -> Score:
        """The score that ranks functions."""
        return self.score or ("correlation" if self.unthresholded else "sum")

    def with_files(self, move: Callable[[Path], Path]) -> Inputs:
        """The same with every file where ``move`` puts it."""
        moved: dict[str, Any] = {
            key: move(path) for key in FILES if (path := getattr(self, key)) is not None
        }
        if self.masks is not None:
            moved["masks"] = tuple(move(path) for path in self.masks)
        return replace(self, **moved)

    def to_dict(self) -> dict[str, Any]:
        """JSON form, without what was not given."""
        given = asdict(self).items()
        data = {key: value for key, value in given if value is not None and value is not False}
        data |= {key: str(data[key]) for key in FILES if key in data}
        if self.masks is not None:
            data["masks"] = [str(path) for path in self.masks]
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Inputs:
        """Inverse of :meth:`to_dict`; other keys are ignored."""
        known = {key: data[key] for key in cls.__slots__ if data.get(key) is not None}
        known |= {key: Path(known[key]) for key in FILES if key in known}
        if "masks" in known:
            known["masks"] = tuple(Path(path) for path in known["masks"])
        if "peaks" in known:
            known["peaks"] = tuple(
                peak if isinstance(peak, Peak) else Peak(**peak) for peak in known["peaks"]
            )
        for key in ("regions", "functions", "window"):
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
    score: Score = "sum"

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
            "score": self.score,
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
                    "statistic": active.statistic,
                    "masks": dict(active.masks),
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
    atlas = load_atlas(store, inputs.atlas or _atlas_of(store, inputs))
    pattern = _decode(store, atlas, inputs)
    if inputs.scored_by == "correlation":
        chosen = select_by_correlation(store, pattern, inputs.sign)
    else:
        chosen = select(store, pattern)
    return Activation(inputs, atlas, pattern, chosen, inputs.scored_by)


def _atlas_of(store: Store, inputs: Inputs) -> str:
    """The atlas of the regions' ids where they all name the same, else the default one."""
    regions = inputs.regions or ()
    if inputs.scenario is not None:
        regions = scenarios.get(store, inputs.scenario).regions
    named = {region.partition(":")[0] for region in regions}
    known = {row["id"] for row in atlases.list_atlases(store)} if len(named) == 1 else set()
    return min(named & known, default=DEFAULT_ATLAS)


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
        volume=volumes.stored(store, row),
        supersedes=row["supersedes"],
        regions=tuple(regions.of_atlas(store, atlas_id)),
    )


def _decode(store: Store, atlas: Atlas, inputs: Inputs) -> ActivationPattern:
    if inputs.map is not None:
        return from_map(
            atlas,
            inputs.map,
            threshold=inputs.rule,
            sign=inputs.sign,
            space=inputs.space,
            volume=inputs.volume,
        )
    if inputs.masks is not None:
        return from_masks(atlas, _named(inputs.masks), space=inputs.space)
    if inputs.series is not None:
        return _decode_series(atlas, inputs, inputs.series)
    if inputs.peaks is not None:
        return from_peaks(atlas, inputs.peaks, space=inputs.space or MNI)
    if inputs.regions is not None:
        return from_regions(atlas, inputs.regions)
    if inputs.functions is not None:
        return _decode_functions(store, atlas, inputs.functions)
    scenario = scenarios.get(store, str(inputs.scenario))
    if scenario.regions:
        pattern = from_regions(atlas, scenario.regions)
    else:
        pattern = from_peaks(atlas, scenario.peaks, space=scenario.space)
    return replace(pattern, method="scenario")


def _decode_functions(store: Store, atlas: Atlas, functions: Sequence[str]) -> ActivationPattern:
    """Functions that others have replaced stand for those of them that have evidence."""
    rows = selection.function_regions(store, atlas.id, functions)
    known = Succession.load(store)
    asked: list[str] = []
    for function in functions:
        successors = known.of("function", function)
        found = [one for one in successors if any(within(row["function"], one) for row in rows)]
        asked += found or [function]
    return from_functions(atlas, rows, asked)


def _named(paths: Sequence[Path]) -> list[tuple[str, Path]]:
    """Each file with its name, numbered where several have the same."""
    stems = [path.name.removesuffix(".gz").removesuffix(".nii") for path in paths]
    seen = [stems[:i].count(stem) for i, stem in enumerate(stems)]
    names = [f"{stem} ({n + 1})" if n else stem for stem, n in zip(stems, seen, strict=True)]
    return list(zip(names, paths, strict=True))


def _decode_series(atlas: Atlas, inputs: Inputs, path: Path) -> ActivationPattern:
    from ingest.series import read_events, read_series

    if inputs.tr is None:
        raise InvalidInput("tr", found="none", expected="seconds between the rows of the series")
    return from_series(
        atlas,
        read_series(path, inputs.tr),
        window=None if inputs.window is None else Window(*inputs.window),
        events=() if inputs.events is None else read_events(inputs.events),
        condition=inputs.condition or "",
        noise=inputs.noise or "ar1",
        threshold=inputs.rule,
        sign=inputs.sign,
    )
