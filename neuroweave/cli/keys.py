"""``keys``: who may use the server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from api.access.caller import Scope
from neuroweave.cli.output import Json, listing, print_json

if TYPE_CHECKING:
    from api.access.accounts import Accounts

app = typer.Typer(help="API keys: who may use the server, and as what.", no_args_is_help=True)

_COLUMNS = ("prefix", "owner", "scope", "label", "last_used_at", "expires_at", "revoked_at")


@app.command()
def create(
    owner: Annotated[str, typer.Argument(help="Whose key: the name written into the history.")],
    scope: Annotated[Scope, typer.Option(help="What it allows.")] = Scope.VIEWER,
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    days: Annotated[float | None, typer.Option(help="Days it lasts; for ever if not said.")] = None,
    as_json: Json = False,
) -> None:
    """Make a key and print it, this once; only a digest of it is kept."""
    with _accounts() as accounts:
        key, credential = accounts.create(owner, scope, label=label, days=days)
    if as_json:
        print_json({**key.to_dict(), "key": credential})
        return
    print(credential)
    typer.echo(f"a key of {owner} as {scope}; it is not shown again", err=True)


@app.command("list")
def list_(
    owner: Annotated[str | None, typer.Option(help="Of this person only.")] = None,
    as_json: Json = False,
) -> None:
    """All keys, also those that are over; a secret is never shown."""
    with _accounts() as accounts:
        rows = [key.to_dict() for key in accounts.all_keys(owner)]
    listing(rows, None, as_json, _COLUMNS, ("label", "last_used_at"))


@app.command()
def revoke(
    prefix: Annotated[str, typer.Argument(help="What stands before the dot of the key.")],
    as_json: Json = False,
) -> None:
    """End a key and its sessions, at once and for good."""
    with _accounts() as accounts:
        key = accounts.revoke(prefix)
    if as_json:
        print_json(key.to_dict())
    else:
        print(f"{key.prefix} of {key.owner}: revoked")


@contextmanager
def _accounts() -> Iterator[Accounts]:
    from api.access.accounts import Accounts
    from jobs.ledger import default_url
    from neuroweave.settings import load_settings

    settings = load_settings()
    accounts = Accounts(settings.jobs_url or default_url(settings.store.home))
    try:
        yield accounts
    finally:
        accounts.close()
