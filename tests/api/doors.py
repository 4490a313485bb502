"""A server's gate without a database behind it: what passes the gate fails at the store (500)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from fastapi.testclient import TestClient

from api.access.accounts import Accounts
from api.access.caller import Scope
from api.access.config import AccessConfig
from api.access.gate import Access
from api.app import create_app
from api.context import Context
from graph.store import Store
from jobs.ledger import Ledger
from tests.api.world import config

HERE = "http://127.0.0.1:8000"
SELF = "/api/v1/session"


@dataclass
class Door:
    """A client at the gate, and what the gate knows."""

    client: TestClient
    access: Access

    def key(self, scope: Scope, owner: str = "ada") -> str:
        """Make a key and return it whole."""
        return self.access.accounts.create(owner, scope)[1]

    def who(self, **headers: str) -> tuple[int, dict[str, Any]]:
        """Ask who one is; status and body."""
        answer = self.client.get(SELF, headers=headers)
        return answer.status_code, answer.json()


def bearer(credential: str) -> dict[str, str]:
    """The header that shows a credential."""
    return {"Authorization": f"Bearer {credential}"}


@contextmanager
def door(home: Path, *, peer: str = "127.0.0.1", **access: Any) -> Iterator[Door]:  # noqa: ANN401
    """Open a gate with these settings, called from the address ``peer``."""
    settings = config(home, access=AccessConfig(**access))
    ledger, accounts = Ledger(settings.ledger_url), Accounts(settings.ledger_url)
    gate = Access(settings.access, accounts)
    context = Context(settings, cast("Store", None), ledger, gate)
    client = TestClient(
        create_app(settings, context),
        base_url=HERE,
        raise_server_exceptions=False,
        client=(peer, 50_000),
    )
    try:
        with client:
            yield Door(client, gate)
    finally:
        accounts.close()
        ledger.close()
