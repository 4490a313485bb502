"""``claims compute``: the evidence of any atlas from the user's copy of a peak database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neuroweave.cli.output import Json, print_json, print_table, progress_bar
from neuroweave.cli.session import open_store


def compute(
    atlas: Annotated[str, typer.Option("--atlas", help="Atlas id.")],
    data: Annotated[Path, typer.Option("--data", help="Folder of NeuroQuery version 1.")],
    spaces: Annotated[
        Path | None, typer.Option("--spaces", help="Folder of Neurosynth version 7.")
    ] = None,
    terms: Annotated[
        str, typer.Option("--terms", help="Matrix of: functions, psychology, all or topics.")
    ] = "functions",
    statistic: Annotated[
        str, typer.Option("--statistic", help="cmh (stratified by peaks per study) or chi2.")
    ] = "cmh",
    min_studies: Annotated[
        int, typer.Option("--min-studies", min=0, help="Studies that report both.")
    ] = 5,
    min_function_studies: Annotated[
        int, typer.Option("--min-function-studies", min=0, help="Studies of a function or word.")
    ] = 0,
    q: Annotated[float, typer.Option("--q", help="Limit of the false discovery rate.")] = 0.05,
    max_mm: Annotated[float, typer.Option("--max-mm", help="Peak to region, at most.")] = 4.0,
    talairach: Annotated[
        str, typer.Option("--talairach", help="Talairach studies: convert, exclude or as-is.")
    ] = "convert",
    as_json: Json = False,
) -> None:
    """Compute claims of the mapped functions, and the matrix of all pairs, for one atlas.

    Reads your copy of NeuroQuery version 1, and of Neurosynth version 7 for the space of the
    studies. Running it again with the same data and options changes nothing.
    """
    from ingest.compute import Options
    from jobs.claims import ClaimsRequest, run_claims

    options = Options(
        terms=terms,  # type: ignore[arg-type]  # checked by Options itself
        statistic=statistic,  # type: ignore[arg-type]
        min_studies=min_studies,
        min_function_studies=min_function_studies,
        q=q,
        max_mm=max_mm,
        talairach=talairach,  # type: ignore[arg-type]
    )
    request = ClaimsRequest(atlas, data, spaces, options)
    with open_store() as store, progress_bar(f"evidence for {atlas}") as progress:
        found = run_claims(store, request, progress, by="claims compute")
    if as_json:
        print_json(found)
        return
    steps = ", ".join(f"{key} {value:,}" for key, value in found["cleaning"].items())
    print(f"{found['n_studies']:,} studies with {found['n_peaks']:,} usable peaks ({steps})")
    print_table(("claims of " + found["source"], "count"), found["claims"].items())
    columns = ("source", "vocabulary", "n_regions", "n_functions", "written")
    rows = [[matrix[column] for column in columns] for matrix in found["matrices"]]
    print_table(columns, rows, title="matrices")
