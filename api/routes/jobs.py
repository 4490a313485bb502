"""Long work: submitted, watched, cancelled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from pydantic import Field

from api.context import Context, ContextDep, LedgerDep
from api.etag import TaggedRoute
from api.inputs import Submission, request_body, submission
from api.paging import Page, PageQuery
from api.schemas.selection import ActivationOptions
from api.schemas.service import BuildJob, BuildJobForMap, BuildOptions, Job
from api.uploads import keep

router = APIRouter(prefix="/jobs", tags=["jobs"], route_class=TaggedRoute)

SUBMISSION = submission(BuildJob, BuildJobForMap)
BODY = request_body(BuildJob, BuildJobForMap)
DONE = frozenset({"succeeded", "failed", "cancelled"})
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events; `id` counts up, `data` is JSON.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    204: {"description": "The job is over and the caller has seen every event."},
}


class JobQuery(PageQuery):
    """Which jobs."""

    status: str | None = None
    kind: str | None = None


@router.post("", status_code=202, response_model=Job, openapi_extra=BODY)
def submit_job(
    response: Response,
    context: ContextDep,
    sent: Submission = SUBMISSION,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> dict[str, Any]:
    """Submit a build; ``Location`` says where to watch it.

    The activation is decoded and planned before the job is accepted, so that a mistake in it is
    answered at once. The same ``Idempotency-Key`` with the same body gives the same job.
    """
    # Heavy (torch), and needed by this route only.
    from jobs.build import BuildRequest

    body = sent.body
    assert isinstance(body, BuildOptions)
    activation = activate(context.store, sent.inputs)
    make_plan(context.store, activation)
    inputs = sent.inputs
    if inputs.map is not None:
        inputs = replace(inputs, map=keep(inputs.map, context.config.uploads))
    request = BuildRequest(inputs, body.dataset, body.trials, body.sampler, body.seed)
    job = context.ledger.submit(
        body.kind, request.to_dict(), by=ANONYMOUS, idempotency_key=idempotency_key
    )
    response.headers["Location"] = f"{PREFIX}/jobs/{quote(job.id, safe='')}"
    return job_dict(job)


@router.get("", response_model=Page[Job])
def list_jobs(ledger: LedgerDep, query: Annotated[JobQuery, Query()]) -> dict[str, Any]:
    """List jobs, newest first."""
    jobs, following = ledger.list(
        status=query.status, kind=query.kind, limit=query.limit, after=query.after
    )
    return {"items": [job_dict(job) for job in jobs], "next": following}


@router.get("/{id}", response_model=Job)
def get_job(ledger: LedgerDep, id: str) -> dict[str, Any]:
    """Show a job with its state, attempts and result or error."""
    return job_dict(ledger.get(id))


@router.post("/{id}/cancel", response_model=Job)
def cancel_job(ledger: LedgerDep, id: str) -> dict[str, Any]:
    """Ask a job to stop; a queued one never starts, a running one ends soon."""
    return job_dict(ledger.cancel(id))
