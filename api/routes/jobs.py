"""Long work: submitted, watched, cancelled."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from api.access.caller import Caller, Scope
from api.access.policy import CallerDep, requires
from api.context import Context, ContextDep, LedgerDep
from api.etag import TaggedRoute
from api.events import EVENTS, EventStream
from api.inputs import Submission, named, request_body, submission
from api.paging import Page, PageQuery
from api.schemas.atlas_import import IngestJob
from api.schemas.evidence_import import ClaimsJob
from api.schemas.service import BuildJob, BuildJobForFiles, BuildOptions, Job
from api.server_data import folder
from api.uploads import keep
from api.visible import job_data
from atlas.errors import Forbidden
from composer.activation import Inputs
from graph import atlases
from ingest.compute import Folders, Options
from jobs.job import Status
from jobs.ledger import MAX_PRIORITY, Ledger

if TYPE_CHECKING:
    from jobs.build_request import BuildRequest
    from jobs.claims import ClaimsRequest

router = APIRouter(
    prefix="/jobs", tags=["jobs"], route_class=TaggedRoute, dependencies=[requires("viewer")]
)

SUBMISSION = submission(BuildJob, BuildJobForFiles, {"claims": ClaimsJob, "ingest": IngestJob})
BODY = request_body(BuildJob, BuildJobForFiles, ClaimsJob, IngestJob)


class JobQuery(PageQuery):
    """Which jobs."""

    status: Status | None = None
    kind: str | None = None


@router.post(
    "",
    status_code=202,
    response_model=Job,
    openapi_extra=BODY,
    dependencies=[requires("editor", heavy=True)],
)
def submit_job(
    request: Request,
    response: Response,
    context: ContextDep,
    caller: CallerDep,
    sent: Submission | ClaimsJob | IngestJob = SUBMISSION,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    priority: Annotated[int, Query(ge=-MAX_PRIORITY, le=MAX_PRIORITY)] = 0,
) -> dict[str, Any]:
    """Submit a build, the computation of claims, or the import of what comes with the project.

    ``Location`` says where to watch it. An activation is decoded and planned, an atlas and its
    data are looked up before the job is accepted, so that a mistake is answered at once. The same
    ``Idempotency-Key`` with the same body gives the same job; 409 while the first request is still
    being checked. Jobs of a higher ``priority`` run first; above 0 is for admins.
    """
    with context.ledger.submitting(caller.id, idempotency_key):
        kind, payload = _work(context, sent)
        job = context.ledger.submit(
            kind,
            payload,
            by=caller.id,
            idempotency_key=idempotency_key,
            priority=_priority(caller, priority),
        )
    response.headers["Location"] = f"{request.url.path}/{quote(job.id, safe='')}"
    return job_data(job)


@router.get("", response_model=Page[Job])
def list_jobs(ledger: LedgerDep, query: Annotated[JobQuery, Query()]) -> dict[str, Any]:
    """List jobs, newest first."""
    jobs, following = ledger.list(
        status=query.status, kind=query.kind, limit=query.limit, after=query.after
    )
    return {"items": [job_data(job) for job in jobs], "next": following}


@router.get("/{id}", response_model=Job)
def get_job(ledger: LedgerDep, id: str) -> dict[str, Any]:
    """Show a job with its state, attempts and result or error."""
    return job_data(ledger.get(id))


@router.post("/{id}/cancel", response_model=Job, dependencies=[requires("editor")])
def cancel_job(ledger: LedgerDep, caller: CallerDep, id: str) -> dict[str, Any]:
    """Ask a job of one's own to stop; an admin may stop any.

    A queued one never starts, a running one ends soon.
    """
    _own(ledger, caller, id)
    return job_data(ledger.cancel(id))


@router.post("/{id}/retry", response_model=Job, dependencies=[requires("editor")])
def retry_job(ledger: LedgerDep, caller: CallerDep, id: str) -> dict[str, Any]:
    """Run a failed or cancelled job of one's own again, from its last checkpoint; an admin any."""
    _own(ledger, caller, id)
    return job_data(ledger.retry(id))


@router.get("/{id}/events", response_class=StreamingResponse, responses=EVENTS)
async def stream_job_events(
    request: Request,
    context: ContextDep,
    id: str,
    last_event_id: Annotated[int, Header(ge=0, lt=2**62)] = 0,
) -> Response:
    """Stream what happens to a job, from the start or after ``Last-Event-ID``.

    When the job is over and nothing is left to tell, the answer is 204: a browser's EventSource
    then stops asking.
    """
    await run_in_threadpool(context.ledger.get, id)
    stream = EventStream(request, context, id, last_event_id)
    if last_event_id and await stream.finished():
        return Response(status_code=204)
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream.lines(), media_type="text/event-stream", headers=headers)


def _priority(caller: Caller, priority: int) -> int:
    """Let everybody give way, and only an admin go first.

    Raises:
        Forbidden: a priority above 0 from somebody else.
    """
    if priority > 0 and not caller.may(Scope.ADMIN):
        raise Forbidden("priority", found=priority, expected="at most 0; more is for admins")
    return priority


def _own(ledger: Ledger, caller: Caller, id: str) -> None:
    """Let callers touch only their own jobs; an admin may touch any.

    Raises:
        NotFound: no such job. Forbidden: it is somebody else's.
    """
    by = ledger.get(id).by
    if by != caller.id and not caller.may(Scope.ADMIN):
        raise Forbidden("job", found=f"{id}, submitted by {by}", expected="a job of your own")


def _work(context: Context, sent: Submission | ClaimsJob | IngestJob) -> tuple[str, dict[str, Any]]:
    """Kind and payload of a job that will not fail for what the caller gave."""
    if isinstance(sent, IngestJob):
        return sent.kind, {}
    if isinstance(sent, ClaimsJob):
        return sent.kind, _evidence(context, sent).to_dict()
    assert isinstance(sent.body, BuildOptions)
    return sent.body.kind, _checked(context, sent.inputs, sent.body).to_dict()


def _evidence(context: Context, body: ClaimsJob) -> ClaimsRequest:
    """Make the request of a computation whose atlas and data are there.

    Raises:
        InvalidInput, NotFound: as the computation itself would.
    """
    from jobs.claims import ClaimsRequest  # heavy, and needed by this route only

    atlases.get(context.store, body.atlas)
    data = folder(context.config, body.data)
    spaces = folder(context.config, body.spaces, "spaces") if body.spaces else None
    with named(data, body.data):
        Folders.find(data, spaces)
    options = body.model_dump(exclude={"kind", "atlas", "data", "spaces"})
    return ClaimsRequest(body.atlas, data, spaces, Options(**options))


def _checked(context: Context, inputs: Inputs, body: BuildOptions) -> BuildRequest:
    """Make the request of a build that will not fail for what the caller gave.

    Raises:
        InvalidInput, NotFound: as the build itself would.
    """
    # heavy, and needed by this route only
    from jobs.build import check_build
    from jobs.build_request import MANY, OWN, BuildRequest

    own = body.model_dump(include=set(OWN))
    own |= {key: tuple(own[key]) for key in MANY}
    build = BuildRequest(inputs, **own, budget=body.budget)
    check_build(context.store, context.config.home, build)
    return replace(build, inputs=inputs.with_files(lambda path: keep(path, context.config.uploads)))
