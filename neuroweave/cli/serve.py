"""``serve`` and ``worker``: the HTTP API and the process that runs jobs."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated

import typer

from atlas.errors import InvalidInput
from neuroweave.cli.session import open_store

if TYPE_CHECKING:
    from api.config import ApiConfig


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(serve)
    app.command()(worker)


def serve(
    host: Annotated[str, typer.Option(help="Address to bind.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free port.")] = 8000,
    with_worker: Annotated[bool, typer.Option("--worker/--no-worker")] = True,
) -> None:
    """Start the HTTP API and a worker; Ctrl-C stops both.

    On anything but the loopback address it starts only when somebody has an account.
    """
    from api import logs
    from api.app import create_app
    from api.config import ApiConfig
    from api.context import opened
    from api.server import Server, bind
    from neuroweave.settings import load_settings

    settings = load_settings()
    logs.configure(settings.log)
    with ExitStack() as stack:
        listener = stack.enter_context(bind(host, port))
        access = settings.access(local=ip_address(listener.getsockname()[0]).is_loopback)
        home = settings.store.home
        config = ApiConfig(
            home,
            settings.store,
            settings.jobs_url,
            metrics=settings.metrics,
            tracing=settings.otel,
            access=access,
        )
        _look_at_the_door(config, host)
        store = stack.enter_context(open_store(lean=True))
        context = stack.enter_context(opened(config, store))
        child = _start_worker() if with_worker else None
        try:
            listener.listen()  # whoever reads the address below may use it at once
            address = "http://{}:{}".format(*listener.getsockname()[:2])
            print(f"serving {address}/api/v1 (openapi.json beside it); Ctrl-C stops", flush=True)
            Server(create_app(config, context)).run([listener])
        finally:
            if child is not None:
                child.terminate()
                child.wait()


def _look_at_the_door(config: ApiConfig, host: str) -> None:
    """Refuse to serve others while nobody has an account.

    Raises:
        InvalidInput: not a loopback address, no key was ever made, and no identity provider is set.
    """
    from api.access.accounts import Accounts

    if config.access.local or config.access.oidc is not None:
        return
    accounts = Accounts(config.ledger_url)
    try:
        if accounts.exist():
            return
    finally:
        accounts.close()
    raise InvalidInput(
        "host",
        found=f"{host}, which others can reach, and no API key",
        expected="a first key, or --host 127.0.0.1",
        hint="make one with: neuroweave keys create YOUR-NAME --scope admin",
    )


def _start_worker() -> subprocess.Popen[bytes]:
    # Its own session: a Ctrl-C in the terminal reaches us only, and we stop the worker in order.
    command = [sys.executable, "-P", "-m", "neuroweave", "worker", "--with-parent"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)


def worker(
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Run jobs until stopped (SIGTERM or Ctrl-C lets the current one go back to the queue)."""
    from api import logs
    from jobs.worker import Worker
    from neuroweave.cli.jobs import DAY_S, open_ledger
    from neuroweave.settings import load_settings

    settings = load_settings()
    logs.configure(settings.log)
    days = settings.jobs_keep_days
    Worker(
        open_ledger(),
        home=settings.store.home,
        store_config=settings.store,
        keep_s=None if days is None else days * DAY_S,
    ).run(stop_at_stdin_end=with_parent)
