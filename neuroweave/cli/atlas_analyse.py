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
        ("function", "regions", "left", "right", "scatter mm", "random mm", "z", "p", "q"),
        (
            (f.function, f.n_regions, f.left, f.right, f.scatter_mm, f.random_mm, f.z, f.p, f.q)
            for f in found.functions[:rows]
        ),
        "How a function's regions lie: mean distance of two on one side, and of random sets",
    )
    print_table(
        ("function", "and", "shared", "jaccard", "nearest mm", "random mm", "z", "p"),
        (
            (p.a, p.b, p.shared, p.jaccard, p.nearest_mm, p.random_mm, p.z, p.p)
            for p in found.pairs[:rows]
        ),
        "Functions whose regions lie nearest to each other, against random sets",
    )
    counts = sorted(found.functions_per_region.values())
    print(f"functions per region: {counts[0]} to {counts[-1]}, median {counts[len(counts) // 2]}")
    cover = found.cover
    print(
        f"{', '.join(cover.groups)} together cover {cover.n_regions} regions "
        f"({cover.share:.0%}), adding {', '.join(map(str, cover.gains))}"
        + ("" if cover.exact else " (greedy)")
    )
