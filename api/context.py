"""What the routes share: the store, the job ledger and the settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.concurrency import contextmanager_in_threadpool

from api.access.accounts import Accounts
from api.access.gate import Access
from api.config import ApiConfig
from graph.releases.shelf import OpenReleases
from graph.store import Store
from jobs.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Context:
    """Open connections of one server; ``stopping`` is set when it is asked to end.

    ``releases`` are opened when somebody asks one of them.
    """

    config: ApiConfig
    store: Store
    ledger: Ledger
    access: Access
    stopping: Event = field(default_factory=Event)
    releases: OpenReleases = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "releases", OpenReleases(self.config.store_config))


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
        context = Context(config, used, ledger, Access(config.access, accounts))
        stack.callback(context.releases.close)
        yield context


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


Release = Annotated[
    str | None,
    Query(description="Answer from this release, not from the living graph.", max_length=64),
]


async def store_of(request: Request, release: Release = None) -> AsyncIterator[Store]:
    """Give the living graph, or a release's, which refuses to be written.

    Raises:
        NotFound: no such release.
    """
    context = _context(request)
    if release is None:
        yield context.store
        return
    async with contextmanager_in_threadpool(context.releases.store(release)) as store:
        yield store


def _living(request: Request) -> Store:
    return _context(request).store


def _beside(request: Request, release: Release = None) -> Store:
    del release
    return _context(request).store


def _ledger(request: Request) -> Ledger:
    return _context(request).ledger


def _config(request: Request) -> ApiConfig:
    return _context(request).config


ContextDep = Annotated[Context, Depends(_context)]
StoreDep = Annotated[Store, Depends(store_of)]
LivingDep = Annotated[Store, Depends(_living)]
"""For changes, of which a release can have none."""
BesideDep = Annotated[Store, Depends(_beside)]
"""The living graph, for what no release has and which goes with each: people's tools."""
LedgerDep = Annotated[Ledger, Depends(_ledger)]
ConfigDep = Annotated[ApiConfig, Depends(_config)]
