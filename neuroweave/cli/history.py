"""``history``, ``diff`` and ``undo``: what was changed, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from neuroweave.cli.link import By, Function, Region, login
from neuroweave.cli.output import Json, Limit, listing, print_json, print_table, progress_bar
from neuroweave.cli.session import open_store

Seq = Annotated[int, typer.Argument(min=0, help="Number of a revision.")]

_SAID_ELSEWHERE = ("id", "statistic", "value", "source", "reviewed_by")
"""Fields of a new record that say nothing more."""

SHOWN = 100
"""Records of a difference that a table shows."""


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (history, diff, undo):
        app.command()(command)


def history(
    seq: Annotated[
        int | None, typer.Argument(min=1, help="Show what one revision changed.")
    ] = None,
    region: Region = None,
    function: Function = None,
    model: Annotated[str | None, typer.Option("--model", help="Model id.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="Who.")] = None,
    since: Annotated[str | None, typer.Option("--since", help="Time (ISO), inclusive.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Time (ISO), exclusive.")] = None,
    limit: Limit = 20,
    after: Annotated[int | None, typer.Option("--after", help="Continue after this key.")] = None,
    as_json: Json = False,
) -> None:
    """What was changed, by whom, when and why; the newest first."""
    from graph import history as past
    from graph import revisions

    with open_store() as store:
        if seq is not None:
            revision = revisions.get(store, seq)
            rows = past.diff(store, seq - 1, seq)
            if as_json:
                print_json({**revision, "changes": rows})
                return
            print(_sentence(revision))
            _show(rows)
            return
        rows, following = past.of(
            store,
            region=region,
            function=function,
            model=model,
            by=by,
            since=since,
            until=until,
            limit=limit,
            after=after,
        )
    columns = ("seq", "at", "by", "action", "changed", "reason")
    listing(rows, following, as_json, columns, ("reason",))


def diff(first: Seq, last: Seq, as_json: Json = False) -> None:
    """The records that differ between two states; 0 is the empty graph."""
    from graph import history as past

    with open_store() as store:
        rows = past.diff(store, first, last)
    if as_json:
        print_json({"from": first, "to": last, "items": rows})
    else:
        _show(rows)


def undo(
    seq: Annotated[int, typer.Argument(min=1, help="Number of a revision.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
    by: By = None,
    as_json: Json = False,
) -> None:
    """Restore what a revision's records were before; the history keeps both."""
    from graph import history as past

    with open_store() as store, progress_bar(f"taking revision {seq} back"):
        new = past.undo(store, seq, by=login(by), reason=reason)
    if as_json:
        print_json({"seq": new, "undone": seq})
    else:
        print(f"revision {new} takes revision {seq} back")


def _show(rows: Sequence[Mapping[str, Any]]) -> None:
    cells = (
        [row["noun"], row["id"], row["change"], in_words(row["fields"], row["change"])]
        for row in rows[:SHOWN]
    )
    print_table(("noun", "id", "change", "what"), cells)
    if len(rows) > SHOWN:
        print(f"{len(rows) - SHOWN:,} more (--json has all)")


def in_words(fields: Mapping[str, Sequence[Any]], change: str) -> str:
    """Before → after of each field; only the side that there is where a record came or went."""
    if change == "changed":
        return "; ".join(
            f"{name}: {_short(old)} → {_short(new)}" for name, (old, new) in fields.items()
        )
    side = 1 if change == "created" else 0
    stated = {name: pair[side] for name, pair in fields.items() if name not in _SAID_ELSEWHERE}
    said = {name: value for name, value in stated.items() if value not in (None, "", [])}
    return ", ".join(f"{name} {_short(value)}" for name, value in said.items())


def _short(value: object) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _sentence(revision: Mapping[str, Any]) -> str:
    why = f": {revision['reason']}" if revision["reason"] else ""
    return f"{revision['seq']}  {revision['at']}  {revision['by']}  {revision['action']}{why}"
