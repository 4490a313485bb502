"""``jobs``: what runs, what ran, how it went."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from neuroweave.cli.output import After, Json, Limit, listing, print_json, print_table, progress_bar

if TYPE_CHECKING:
    from jobs.ledger import Ledger

app = typer.Typer(help="Jobs of the durable ledger.", no_args_is_help=True)

DAY_S = 86_400.0

JobId = Annotated[str, typer.Argument(help="Job id.")]


def open_ledger() -> Ledger:
    """The ledger that the settings name."""
    from jobs.ledger import Ledger, default_url
    from neuroweave.settings import load_settings

    settings = load_settings()
    url = settings.jobs_url or default_url(settings.store.home)
    return Ledger(url, limits=settings.jobs_limits)


@app.command("list")
def list_(limit: Limit = 20, after: After = None, as_json: Json = False) -> None:
    """The newest jobs."""
    found, following = open_ledger().list(limit=limit, after=after)
    rows = [job.to_dict() for job in found]
    columns = ("id", "kind", "status", "by", "submitted_at", "message")
    listing(rows, following, as_json, columns, ("message", "by"))


@app.command()
def show(job: JobId, as_json: Json = False) -> None:
    """One job with its result or problem."""
    found = open_ledger().get(job).to_dict()
    if as_json:
        print_json(found)
    else:
        print_table(("field", "value"), ([key, value] for key, value in found.items()))


@app.command()
def watch(job: JobId) -> None:
    """Follow a job until it ends."""
    ledger = open_ledger()
    with progress_bar(job) as progress:
        found = ledger.get(job)
        while not found.done:
            progress(found.message or found.status, found.fraction)
            time.sleep(0.3)
            found = ledger.get(job)
    print(f"{job}: {found.status}")
    if found.problem:
        raise typer.Exit(1)


@app.command()
def cancel(job: JobId, as_json: Json = False) -> None:
    """Ask a job to stop."""
    found = open_ledger().cancel(job)
    if as_json:
        print_json(found.to_dict())
    else:
        print(f"{job}: {found.status}{'' if found.done else ', asked to stop'}")


@app.command()
def retry(job: JobId, as_json: Json = False) -> None:
    """Run a failed or cancelled job again, from its last checkpoint."""
    found = open_ledger().retry(job).to_dict()
    if as_json:
        print_json(found)
    else:
        print(f"{job}: {found['status']}")


@app.command()
def purge(
    days: Annotated[float, typer.Option("--older-than", min=0, metavar="DAYS")],
    as_json: Json = False,
) -> None:
    """Forget jobs that ended longer ago, with their events and idempotency keys."""
    forgotten = open_ledger().purge(days * DAY_S)
    if as_json:
        print_json({"forgotten": forgotten})
    else:
        print(f"{forgotten} jobs forgotten")
