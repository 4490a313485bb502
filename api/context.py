"""What the routes share: the store, the job ledger and the settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Annotated

from fastapi import Depends, Request

from api.access.accounts import Accounts
from api.access.gate import Access
from api.config import ApiConfig
from graph.store import Store
from jobs.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Context:
    """Open connections of one server; ``stopping`` is set when it is asked to end."""

    config: ApiConfig
    store: Store
    ledger: Ledger
    access: Access
    stopping: Event = field(default_factory=Event)


@contextmanager
def opened(config: ApiConfig, store: Store | None = None) -> Iterator[Context]:
    """Open what the routes need, and close what was opened here.

    Args:
        config: the server's settings.
        store: an open store to use instead of a new one; its owner closes it.

    Raises:
        Unavailable: the database or the data directory cannot be used.
    """
    with ExitStack() as stack:
        used = store or stack.enter_context(Store.open(config.store_config))
        config.home.mkdir(parents=True, exist_ok=True)
        ledger = Ledger(config.ledger_url)
        stack.callback(ledger.close)
        accounts = Accounts(config.ledger_url)
        stack.callback(accounts.close)
        yield Context(config, used, ledger, Access(config.access, accounts))


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


def _store(request: Request) -> Store:
    return _context(request).store


def _ledger(request: Request) -> Ledger:
    return _context(request).ledger


def _config(request: Request) -> ApiConfig:
    return _context(request).config


ContextDep = Annotated[Context, Depends(_context)]
StoreDep = Annotated[Store, Depends(_store)]
LedgerDep = Annotated[Ledger, Depends(_ledger)]
ConfigDep = Annotated[ApiConfig, Depends(_config)]
