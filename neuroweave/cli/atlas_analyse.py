"""``atlas analyse``: how functions lie over the regions of an atlas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuroweave.cli.output import Json, Limit, print_json, print_table, progress_bar

if TYPE_CHECKING:
    from atlas.analysis import Analysis


def register(app: typer.Typer) -> None:
    """Add the command of this file to ``atlas``."""
    app.command()(analyse)


def analyse(
    atlas: Annotated[str, typer.Argument(help="Atlas id.")],
    source: Annotated[str | None, typer.Option("--source", help="Evidence of it only.")] = None,
    level: Annotated[
        int, typer.Option("--level", min=0, help="Depth of the groups; 0: every function.")
    ] = 2,
    groups: Annotated[
        str | None, typer.Option("--groups", help="These functions, f,g,… instead of a level.")
    ] = None,
    permutations: Annotated[
        int, typer.Option("--permutations", min=1, max=100_000, help="Random sets for each.")
    ] = 1000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the random sets.")] = 0,
    figure: Annotated[
        Path | None, typer.Option("--figure", help="Draw it into a .png or .svg file.")
    ] = None,
    limit: Limit = 20,
    as_json: Json = False,
) -> None:
    """Regions per function and back, scatter and nearness against chance, the best cover."""
    from atlas.whole_files import write_whole
    from composer.analysis import analyse_atlas
    from composer.figures.analysis import analysis_figure
    from composer.figures.canvas import format_of
    from neuroweave.cli.session import open_store

    kind = format_of(figure) if figure else None
    chosen = None if groups is None else [g.strip() for g in groups.split(",") if g.strip()]
    with open_store() as store, progress_bar("random sets") as progress:
        found = analyse_atlas(
            store,
            atlas,
            source=source,
            level=level,
            groups=chosen,
            permutations=permutations,
            seed=seed,
            progress=lambda fraction: progress("random sets", fraction),
        )
    if figure and kind:
        write_whole(figure, analysis_figure(found, kind), what="figure")
    if as_json:
        print_json(found.to_dict())
    else:
        print_analysis(found, limit)


def print_analysis(found: Analysis, rows: int) -> None:
    """Show the analysis as tables."""
    print(
        f"{found.n_linked} of {found.n_regions} regions of {found.atlas} have one of "
        f"{len(found.functions)} functions; {found.n_links} links."
    )
    print_table(
        ("function", "regions", "left", "right", "mm", "random", "z", "p", "q"),
        (
            (
                *(f.function, f.n_regions, f.left, f.right),
                *(_short(f.scatter_mm, 1), _short(f.random_mm, 1), _short(f.z, 2), f.p, f.q),
            )
            for f in found.functions[:rows]
        ),
        "Mean distance in mm of two regions on one side, and in random sets",
        spare=("random", "left", "right"),
    )
    print_table(
        ("function", "and", "shared", "jaccard", "mm", "random", "z", "p"),
        (
            (
                *(p.a, p.b, p.shared, _short(p.jaccard, 2)),
                *(_short(p.nearest_mm, 1), _short(p.random_mm, 1), _short(p.z, 2), p.p),
            )
            for p in found.pairs[:rows]
        ),
        "Functions whose regions lie nearest to each other, in mm, and in random sets",
        spare=("random", "jaccard", "z"),
    )
    counts = sorted(found.functions_per_region.values())
    print(f"functions per region: {counts[0]} to {counts[-1]}, median {counts[len(counts) // 2]}")
    cover = found.cover
    print(
        f"{', '.join(cover.groups)} together cover {cover.n_regions} regions "
        f"({cover.share:.0%}), adding {', '.join(map(str, cover.gains))}"
        + ("" if cover.exact else " (greedy)")
    )


def _short(value: float | None, places: int) -> float | None:
    """As many decimals as anybody reads; JSON has them all."""
    return None if value is None else round(value, places)
