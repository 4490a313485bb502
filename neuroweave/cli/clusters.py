"""``clusters``: the clusters of a map with the names of their regions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuroweave.cli import inputs as given
from neuroweave.cli.output import Json, Limit, print_json, print_table

if TYPE_CHECKING:
    from atlas.clusters import Cluster

COLUMNS = ("cluster", "x", "y", "z", "peak", "mm3", "region", "mm away", "voxels in")


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(clusters)


def clusters(
    map: Annotated[Path, typer.Argument(help="Statistical map (NIfTI).")],
    atlas: given.Atlas = None,
    space: given.Space = None,
    threshold: given.Threshold = None,
    sign: Annotated[str, typer.Option("--sign", help="positive, negative or both.")] = "both",
    min_voxels: Annotated[
        int, typer.Option("--min-voxels", min=1, help="Leave smaller clusters out.")
    ] = 1,
    volume: given.SubBrick = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the table there.")] = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List the clusters of a map as nilearn does, with region names."""
    from atlas.decode.thresholds import SIGNS, Threshold, require_sign
    from atlas.spreadsheet import csv_table
    from atlas.whole_files import require_ending, write_whole
    from composer.activation import DEFAULT_ATLAS, load_atlas
    from composer.clusters import map_clusters
    from neuroweave.cli.session import open_store

    require_sign(sign)
    if csv:
        require_ending(csv, ".csv", field="csv")
    with open_store() as store:
        names = load_atlas(store, atlas or DEFAULT_ATLAS)
    side = next(known for known in SIGNS if known == sign)
    rule = Threshold.from_options(threshold)
    found = map_clusters(
        names, map, rule=rule, sign=side, space=space, min_voxels=min_voxels, volume=volume
    )
    if csv:
        table = (row for cluster in found for row in _rows(cluster))
        write_whole(csv, csv_table(COLUMNS, table), what="table")
    if as_json:
        rows = [cluster.to_dict() for cluster in found]
        print_json({"atlas": names.id, "space": names.space, "clusters": rows})
        return
    print(f"{len(found)} clusters; regions of {names.id}, mm of {names.space}")
    print_table(COLUMNS, (row for cluster in found[:limit] for row in _rows(cluster)))


def _rows(cluster: Cluster) -> Iterator[Sequence[Any]]:
    inside = [f"{r.name} {r.share:.0%}" for r in cluster.regions[:3]]
    for i, peak in enumerate(cluster.peaks):
        yield (
            f"{cluster.number}{' abc'[i].strip()}",
            *(round(value, 1) for value in (peak.x, peak.y, peak.z)),
            peak.value,
            None if i else round(cluster.volume_mm3),
            peak.name,
            peak.distance_mm,
            None if i else "; ".join([*inside, f"outside {cluster.outside:.0%}"]),
        )
