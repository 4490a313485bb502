"""``atlas check``: is a parcellation what it says it is?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuroweave.cli import atlas_options as given
from neuroweave.cli.output import Json, print_json, print_table

if TYPE_CHECKING:
    from atlas.checks.report import CheckReport
    from ingest.atlases.candidates import Description

_FILES = {".nii", ".gz", ".csv", ".tsv", ".txt", ".xml", ".json", ".mgz", ".npy", ".npz"}

REFUSED = 2
"""Exit code where errors are left."""


def register(app: typer.Typer) -> None:
    """Add the command of this file to ``atlas``."""
    app.command()(check)


@given.with_description
def check(
    said: Description,
    atlas: Annotated[
        str, typer.Argument(help="Label volume, table of coordinates, or id of a stored atlas.")
    ],
    labels: given.Labels = None,
    levels: given.Levels = "",
    accept: given.Accept = None,
    as_json: Json = False,
) -> None:
    """Judge an atlas; exit code 2 where there are errors that are not accepted."""
    from atlas.checks.report import require_known

    require_known(accept or ())
    if _is_path(atlas):
        report, accepted = _of_files(Path(atlas), labels, said, levels), set(accept or ())
    else:
        report, kept = _of_store(atlas)
        accepted = {*kept, *(accept or ())}
    if as_json:
        print_json(report.to_dict())
    else:
        _print(report)
    if report.without(accepted).errors:
        raise typer.Exit(REFUSED)


def _is_path(text: str) -> bool:
    """Whether a file is meant: one that is there, or a name that no id of an atlas has."""
    path = Path(text)
    return path.is_file() or len(path.parts) > 1 or path.suffix.lower() in _FILES


def _of_files(path: Path, labels: Path | None, said: Description, levels: str) -> CheckReport:
    """The report on the finest level, which is judged against the coarser ones."""
    from atlas.checks.check import check as judge
    from ingest.atlases.candidates import read_candidate
    from ingest.atlases.levels import with_levels

    candidate = read_candidate(path, labels, said).candidate
    return judge(with_levels(candidate, given.listed(levels))[-1])


def _of_store(atlas: str) -> tuple[CheckReport, tuple[str, ...]]:
    """The report, and the codes that were accepted when the atlas was brought in."""
    from graph import atlases, candidates
    from neuroweave.cli.session import open_store

    with open_store() as store:
        kept = tuple(atlases.get(store, atlas)["accepted"])
        return candidates.check_stored(store, atlas), kept


def _print(report: CheckReport) -> None:
    findings = report.findings
    counted = (
        f"{report.atlas}: {len(report.errors)} errors, {len(report.warnings)} warnings, "
        f"{len(report.notes)} notes"
    )
    if not findings:
        print(counted)
        return
    rows = (
        (one.severity, one.code, one.count, f"{one.hint}. {'; '.join(one.examples[:2])}")
        for one in findings
    )
    print_table(("severity", "code", "count", "hint and examples"), rows, title=counted)
