"""``jobs``: what runs, what ran, how it went."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from neuroweave.cli.output import Json, Limit, listing, print_json, print_table, progress_bar

if TYPE_CHECKING:
    from jobs.ledger import Ledger

app = typer.Typer(help="Jobs of the durable ledger.", no_args_is_help=True)

JobId = Annotated[str, typer.Argument(help="Job id.")]


def open_ledger() -> Ledger:
    """The ledger that the settings name."""
    from jobs.ledger import Ledger, default_url
    from neuroweave.settings import load_settings

    settings = load_settings()
    return Ledger(settings.jobs_url or default_url(settings.store.home))


@app.command("list")
def list_(limit: Limit = 20, as_json: Json = False) -> None:
    """The newest jobs."""
    rows = [job.to_dict() for job in open_ledger().list(limit=limit)]
    listing(rows, None, as_json, ("id", "kind", "status", "by", "submitted_at"))


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
    seen = 0
    with progress_bar(job) as progress:
        while True:
            for event in ledger.events(job, after=seen):
                seen = event.id
                data = event.data
                progress(str(data.get("message", event.kind)), float(data.get("fraction", 0.0)))
            found = ledger.get(job)
            if found.ended:
                break
            time.sleep(0.3)
    print(f"{job}: {found.status}")


@app.command()
def cancel(job: JobId, as_json: Json = False) -> None:
    """Ask a job to stop."""
    found = open_ledger().cancel(job).to_dict()
    if as_json:
        print_json(found)
    else:
        print(f"{job}: {found['status']}")
