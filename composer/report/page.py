"""A report: what was given, what is active, why, and how to do it again, in one HTML file.

The page holds no script and loads nothing from anywhere; names from files and atlases are escaped.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from atlas.clusters import Cluster
from composer.activation import FILES, Activation
from composer.clusters import map_clusters
from composer.report.figures import pictures
from graph import sources
from graph.store import Store

if TYPE_CHECKING:
    from jinja2 import Template

FUNCTIONS = 20
CLAIMS = 12
REGIONS = 100
CLUSTERS = 50
MIN_VOXELS = 2

POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox"
)
"""Content-Security-Policy of the page: its own style and images, nothing else."""


def report(
    store: Store,
    found: Activation,
    commands: Mapping[str, str],
    *,
    map_name: str | None = None,
) -> str:
    """Write the report of an activation.

    Args:
        store: the open graph, for the sources.
        found: the activation; a map must still lie where its inputs say.
        commands: how to do it again, ``{what: text}``.
        map_name: the map's name as its sender knows it.

    Returns:
        A complete HTML document.
    """
    known = {row["id"]: row for row in sources.list_sources(store)}
    return _template().render(
        title=f"What is active in {found.atlas.name}",
        found=found.to_dict(),
        atlas=found.atlas,
        inputs=_inputs(found, map_name),
        functions=_functions(found),
        clusters=_clusters(found),
        pictures=[
            {"title": p.title, "alt": p.alt, "data": b64encode(p.content).decode()}
            for p in pictures(found)
        ],
        sources=[known[id] for id in _sources(found) if id in known],
        commands=commands,
        version=version("neuroweave"),
        limits={"regions": REGIONS, "clusters": CLUSTERS, "functions": FUNCTIONS},
        policy=POLICY.partition("; frame-ancestors")[0],  # the rest is for headers only
    )


@lru_cache(maxsize=1)
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("composer", "report")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["number"] = number
    return environment.get_template("report.html.j2")


def number(value: float | None, digits: int = 2) -> str:
    """A number as a table shows it.

    >>> number(0.12345), number(None), number(3)
    ('0.12', '–', '3')
    """
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{value:.{digits}f}"


def _inputs(found: Activation, map_name: str | None) -> list[tuple[str, str]]:
    inputs = found.inputs
    given = inputs.to_dict()
    # Where files lie on this machine is nobody's business.
    given |= {key: path.name for key in FILES if (path := getattr(inputs, key)) is not None}
    given |= {"masks": [path.name for path in inputs.masks]} if inputs.masks else {}
    if inputs.map is not None and map_name:
        given["map"] = map_name
    return [(key, _shown(value)) for key, value in given.items() if key != "atlas"]


def _shown(value: Any) -> str:  # noqa: ANN401 - any field of the inputs
    if isinstance(value, (list, tuple)):
        if value and isinstance(value[0], Mapping):
            return f"{len(value)} coordinates"
        return ", ".join(_shown(item) for item in value)
    return str(value)


def _functions(found: Activation) -> list[dict[str, Any]]:
    """The leading functions, each with its claims strongest first and source by source."""
    names = found.regions
    rows = []
    for function in found.selection.functions[:FUNCTIONS]:
        row = {**function.to_dict(), "label": function.label}
        claims = sorted(row["claims"], key=lambda c: (-c["weight"], c["region"], c["source"]))
        row["claims"] = [
            {**c, "name": names[c["region"]].name if c["region"] in names else c["region"]}
            for c in claims[:CLAIMS]
        ]
        row["more"] = len(claims) - len(row["claims"])
        row["by_source"] = _by_source(claims)
        rows.append(row)
    return rows


def _by_source(claims: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each source's own count and strongest statistic; nothing is averaged."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for claim in claims:
        key = (claim["source"], claim["statistic"])
        row = rows.setdefault(key, {"source": key[0], "statistic": key[1], "n": 0, "best": claim})
        row["n"] += 1
    return [rows[key] for key in sorted(rows)]


def _clusters(found: Activation) -> tuple[Cluster, ...] | None:
    """Clusters of a thresholded map; None where there is none."""
    inputs = found.inputs
    if inputs.map is None or inputs.rule.kind == "none":
        return None
    return map_clusters(
        found.atlas,
        inputs.map,
        rule=inputs.rule,
        sign=inputs.sign,
        space=inputs.space,
        min_voxels=MIN_VOXELS,
        volume=inputs.volume,
    )


def _sources(found: Activation) -> list[str]:
    claimed = {
        c["source"] for f in found.selection.functions for link in f.links for c in link["claims"]
    }
    return sorted(claimed | {found.atlas.source.id})
