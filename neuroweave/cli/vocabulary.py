"""Editing functions, areas and dictionaries: commands that every noun has."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuroweave.cli.output import Json, print_json, print_table
from neuroweave.cli.session import open_store

if TYPE_CHECKING:
    from graph.vocabulary import Outcome, Request

Id = Annotated[str, typer.Argument(help="Id, such as perception.vision or optimizer:sgd.")]
By = Annotated[str | None, typer.Option("--by", help="Name for the history; else the login's.")]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]
Plan = Annotated[bool, typer.Option("--dry-run", help="Only say what would follow.")]
Expected = Annotated[
    str | None, typer.Option("--expected", help="Digest of the record as read; refused if other.")
]
Name = Annotated[str | None, typer.Option("--name", help="Its name.")]
Fields = Annotated[
    list[str] | None,
    typer.Option("--set", help="FIELD=VALUE, a list as a;b; a wrong field is told the right ones."),
]


def add_commands(app: typer.Typer, noun: str, *, splits: bool = False) -> None:
    """Add the commands that show and change entries of this noun."""
    if noun != "function":
        app.command("show")(_show_one(noun))

    @app.command()
    def add(
        id: Id,
        name: Name = None,
        values: Fields = None,
        by: By = None,
        reason: Reason = "",
        dry_run: Plan = False,
        as_json: Json = False,
    ) -> None:
        """Add an entry."""
        from graph import vocabulary

        request, found = _request(by, reason, dry_run), _fields(noun, name, values)
        with open_store() as store:
            _show(vocabulary.add(store, noun, id, found, request), as_json)

    @app.command()
    def edit(
        id: Id,
        name: Name = None,
        values: Fields = None,
        expected: Expected = None,
        by: By = None,
        reason: Reason = "",
        dry_run: Plan = False,
        as_json: Json = False,
    ) -> None:
        """Change what is stated of an entry."""
        from graph import vocabulary

        request, found = _request(by, reason, dry_run, expected), _fields(noun, name, values)
        with open_store() as store:
            _show(vocabulary.edit(store, noun, id, found, request), as_json)

    @app.command()
    def rename(
        id: Id,
        to: Annotated[str, typer.Argument(help="The new id.")],
        name: Name = None,
        expected: Expected = None,
        by: By = None,
        reason: Reason = "",
        dry_run: Plan = False,
        as_json: Json = False,
    ) -> None:
        """Give an entry another id; what is below it and what names it follows."""
        from graph import vocabulary

        request = _request(by, reason, dry_run, expected)
        with open_store() as store:
            _show(vocabulary.rename(store, noun, id, to, request, name=name), as_json)

    @app.command()
    def merge(
        ids: Annotated[list[str], typer.Argument(help="Ids of what is merged.")],
        into: Annotated[str, typer.Option("--into", help="The id that remains.")],
        name: Name = None,
        expected: Expected = None,
        by: By = None,
        reason: Reason = "",
        dry_run: Plan = False,
        as_json: Json = False,
    ) -> None:
        """Make several entries one, new or there already; every claim is kept."""
        from graph import merging

        request = _request(by, reason, dry_run, expected)
        with open_store() as store:
            _show(merging.merge(store, noun, ids, into, request, name=name), as_json)

    @app.command()
    def deprecate(
        id: Id,
        restore: Annotated[bool, typer.Option("--restore", help="Offer it again.")] = False,
        expected: Expected = None,
        by: By = None,
        reason: Reason = "",
        dry_run: Plan = False,
        as_json: Json = False,
    ) -> None:
        """No longer offer an entry for new statements; what there is of it stays."""
        from graph import vocabulary

        request = _request(by, reason, dry_run, expected)
        with open_store() as store:
            done = vocabulary.deprecate(store, noun, id, request, deprecated=not restore)
            _show(done, as_json)

    if splits:
        app.command()(_split(noun))


def _show_one(noun: str) -> Callable[[str, bool], None]:
    def show(id: Id, as_json: Json = False) -> None:
        """One entry; one that others have replaced says by which. Its digest is for --expected."""
        from graph import records

        with open_store() as store:
            found = records.get(store, noun, id)
        if as_json:
            print_json(found)
            return
        print_table(("field", "value"), ([key, value] for key, value in found.items()))

    return show


def _split(noun: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - Typer reads the signature
    def split(
        id: Id,
        parts: Annotated[list[str], typer.Option("--part", help="Id of a part, or id=name.")],
        table: Annotated[
            Path | None, typer.Option("--table", help="CSV: id of a claim, model or child, part.")
        ] = None,
        default: Annotated[str | None, typer.Option("--default", help="Part of the rest.")] = None,
        expected: Expected = None,
        by: By = None,
        reason: Reason = "",
        dry_run: Plan = False,
        as_json: Json = False,
    ) -> None:
        """Let several entries take the place of one."""
        from graph import merging

        request = _request(by, reason, dry_run, expected)
        named = {part.partition("=")[0]: part.partition("=")[2] for part in parts}
        with open_store() as store:
            done = merging.split(
                store, noun, id, named, request, table=_table(table), default=default
            )
            _show(done, as_json)

    return split


def _request(by: str | None, reason: str, dry_run: bool, expected: str | None = None) -> Request:
    from getpass import getuser

    from graph.vocabulary import Request

    return Request(by=by or getuser(), expected=expected, reason=reason, dry_run=dry_run)


def _fields(noun: str, name: str | None, values: list[str] | None) -> dict[str, object]:
    from graph.entries import FIELDS

    found: dict[str, object] = {} if name is None else {"name": name}
    for item in values or ():
        field, _, value = item.partition("=")
        listed = FIELDS[noun].get(field) is list
        found[field] = [word for word in value.split(";") if word] if listed else value
    return found


def _table(path: Path | None) -> dict[str, str]:
    from atlas.errors import InvalidInput

    if path is None:
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeError, csv.Error) as error:
        raise InvalidInput("table", found=error, expected="a CSV file") from error
    wrong = next((n for n, row in enumerate(rows, 1) if len(row) != 2), None)
    if wrong:
        raise InvalidInput(f"table row {wrong}", found="other columns", expected="id,part")
    return {id.strip(): part.strip() for id, part in rows if id.strip() != "id"}


def _show(done: Outcome, as_json: bool) -> None:
    if as_json:
        print_json(done.to_dict())
        return
    if done.becomes:
        print_table(("old", "new"), ([old, new] for old, new in done.becomes.items()))
    if done.follow:
        print_table(("what follows", "records"), ([noun, n] for noun, n in done.follow.items()))
    for problem in done.problems:
        print(f"in the way: {problem}")
    print("nothing was written" if done.seq is None else f"revision {done.seq}")
