"""``atlas import``: what comes with the project, published atlases by name, and files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from atlas.progress import Progress
from neuroweave.cli import atlas_options as given
from neuroweave.cli.output import Json, print_json, print_table, progress_bar
from neuroweave.cli.session import fill, open_store

if TYPE_CHECKING:
    from graph.store import Store
    from ingest.atlases.bring_in import Plan
    from ingest.atlases.candidates import Description, Reading

What = Annotated[
    str, typer.Argument(help="A file, the name of a published atlas, builtin, or list.")
]
Option = Annotated[
    list[str] | None, typer.Option(metavar="KEY=VALUE", help="Of a loader: n_rois=100; repeat.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_)


@given.with_description
def import_(
    said: Description,
    what: What,
    labels: given.Labels = None,
    levels: given.Levels = "",
    child_of: given.ChildOf = "",
    accept: given.Accept = None,
    option: Option = None,
    dry_run: Annotated[bool, typer.Option(help="Judge and compare; write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Keep a changed atlas beside it.")] = False,
    as_json: Json = False,
) -> None:
    """Bring in an atlas: judged first; the same again changes nothing.

    It may be a file (a label volume with --labels, or a table of coordinates), a published
    atlas to fetch (`list` names them), or `builtin` for all that comes with the project.
    """
    if what == "builtin":
        _builtin(as_json)
        return
    if what == "list":
        _loaders(as_json)
        return
    from ingest.atlases import bring_in

    with progress_bar("reading") as progress, open_store() as store:
        reading = _reading(store, what, labels, said, option or [], progress)
        progress("checking", 0.5)
        plan = bring_in.plan(
            store, reading, levels=given.listed(levels), parent=child_of, accept=accept or ()
        )
        written = None
        if not dry_run:
            progress("writing", 0.8)
            wanted = yes or _agreed(plan, as_json)
            written = bring_in.write(store, plan, versions=wanted)
    answer: dict[str, Any] = {**plan.to_dict(), "dry_run": dry_run, "written": None}
    if written is not None:
        answer["written"] = {
            "created": written.created,
            "changed": written.changed,
            "unchanged": written.unchanged,
        }
    print_json(answer) if as_json else _show(plan, answer)


def _reading(
    store: Store,
    what: str,
    labels: Path | None,
    said: Description,
    option: list[str],
    progress: Progress,
) -> Reading:
    from ingest.atlases import candidates, loaders

    path = Path(what)
    if path.exists() or candidates.is_volume(path) or path.suffix:
        return candidates.read_candidate(path, labels, said)
    options = given.pairs(",".join(option), "option")
    progress(f"fetching {what}", 0.1)
    fetched = loaders.fetch(what, store.config.home, options)
    return fetched.reading(said)


def _agreed(plan: Plan, as_json: bool) -> bool:
    """Ask whether a changed atlas is to stand beside the stored one; never without a terminal."""
    if not plan.versions or as_json or not sys.stdin.isatty():
        return False
    for item in plan.versions:
        assert item.difference is not None
        print(f"{item.atlas.id}: {item.difference.sentence()}", file=sys.stderr)
    return typer.confirm("Keep both versions?", err=True)


def _show(plan: Plan, answer: dict[str, Any]) -> None:
    columns = ("atlas", "regions", "space", "what", "errors", "warnings", "notes")
    rows = [
        (
            item.atlas.id,
            len(item.atlas.regions),
            item.atlas.space,
            item.action,
            len(item.report.errors),
            len(item.report.warnings),
            len(item.report.notes),
        )
        for item in plan.items
    ]
    print_table(columns, rows)
    guesses = ((key, _text(value)) for key, value in plan.guesses.items() if value)
    print_table(("taken for", ""), guesses)
    findings = [
        (item.atlas.id, found.severity, found.code, found.count, ", ".join(found.examples[:3]))
        for item in plan.items
        for found in item.report.findings
    ]
    if findings:
        print_table(("atlas", "severity", "code", "count", "examples"), findings)
    for item in plan.items:
        if item.difference:
            print(f"{item.atlas.id}: {item.difference.sentence()}")
    print(_summary(answer))


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return ", ".join(f"{key}={item}" for key, item in value.items())
    return ", ".join(value) if isinstance(value, list) else str(value)


def _summary(answer: dict[str, Any]) -> str:
    written = answer["written"]
    if written is None:
        return "dry run: nothing is written"
    if not written["created"] and not written["changed"]:
        return "nothing changed, everything was there"
    return f"written: {written['created']} new, {written['changed']} changed (atlases and regions)"


def _builtin(as_json: bool) -> None:
    with open_store(ready=False) as store, progress_bar("importing") as progress:
        report = fill(store, progress)
    if as_json:
        print_json(report)
        return
    columns = ("created", "changed", "unchanged")
    rows = ((what, *(n[column] for column in columns)) for what, n in report.items())
    print_table(("what", *columns), rows)


def _loaders(as_json: bool) -> None:
    from ingest.atlases.loaders import LOADERS

    if as_json:
        print_json({name: loader.citation for name, loader in LOADERS.items()})
        return
    print_table(("name", "cite"), ((name, loader.citation) for name, loader in LOADERS.items()))
