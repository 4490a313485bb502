"""``link review|accept|reject|restore``: what waits for a second person, and their word on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from neuroweave.cli.link import By, Comment, Expected, Id, make, noun_of
from neuroweave.cli.output import After, Json, Limit, listing
from neuroweave.cli.session import open_store

if TYPE_CHECKING:
    from graph.edits import Action


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (review, accept, reject, restore):
        app.command()(command)


def review(
    models: Annotated[bool, typer.Option("--models", help="Model links, not claims.")] = False,
    region: Annotated[str | None, typer.Option("--region", help="Region id.")] = None,
    limit: Limit = 50,
    after: After = None,
    as_json: Json = False,
) -> None:
    """The proposals that wait for somebody to accept or reject them."""
    from graph import claims, model_links

    with open_store() as store:
        waiting = model_links.list_links if models else claims.list_claims
        rows, following = waiting(store, region=region, status="proposed", limit=limit, after=after)
    about = ("id", "allow") if models else ("id", "region", "function")
    columns = (*about, "weight", "proposed_by", "rationale", "citation")
    listing(rows, following, as_json, columns, ("citation", "rationale", "proposed_by"))


def accept(
    id: Id, comment: Comment = None, expected: Expected = None, by: By = None, as_json: Json = False
) -> None:
    """Accept a proposal: it counts from now on."""
    _decide("accept", id, comment, expected, by, as_json)


def reject(
    id: Id, comment: Comment = None, expected: Expected = None, by: By = None, as_json: Json = False
) -> None:
    """Reject a claim or model link: it does not count any more."""
    _decide("reject", id, comment, expected, by, as_json)


def restore(
    id: Id, comment: Comment = None, expected: Expected = None, by: By = None, as_json: Json = False
) -> None:
    """Take a rejection back: what a source says counts again, what a person says is proposed."""
    _decide("restore", id, comment, expected, by, as_json)


def _decide(
    decision: Action,
    id: str,
    comment: str | None,
    expected: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    from graph.edits import Edit

    with open_store() as store:
        edit = Edit(decision, noun_of(store, id), id, comment=comment, expected=expected)
        make(store, edit, by, as_json)
