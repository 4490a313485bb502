"""The application: routers by noun under ``/api/v1``, every error a problem."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.concurrency import contextmanager_in_threadpool
from fastapi.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from api import logs, openapi, problem
from api.access.gate import Gate
from api.access.headers import SecurityHeaders
from api.access.policy import Unheard, authorised, table
from api.config import ApiConfig
from api.context import Context, opened
from api.head import Head
from api.limits import BodyLimit
from api.routes import ROUTERS
from api.schemas.atlas_import import IngestJob
from api.schemas.curation import EditRow
from api.schemas.evidence_import import ClaimsJob
from api.schemas.selection import ActivationRequest
from api.schemas.service import BuildJob, PlanRequest
from api.telemetry.requests import Watched, Watcher
from api.telemetry.tracing import Tracing

PREFIX = "/api/v1"
CORS: dict[str, Any] = {
    "allow_methods": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    "allow_headers": [
        "Authorization", "X-API-Key", "Content-Type", "Idempotency-Key", "If-Match",
        "If-None-Match", "Last-Event-ID", "X-Request-ID",
    ],
    "expose_headers": [
        "Allow", "Content-Disposition", "ETag", "Link", "Location", "RateLimit-Limit",
        "RateLimit-Remaining", "RateLimit-Reset", "Retry-After", "WWW-Authenticate",
        "X-Request-ID", "X-Truncated",
    ],
}  # fmt: skip
"""What pages of the listed origins may send and see; cookies are not for them."""

DESCRIPTION = (
    "A brain atlas in a graph database, and neural networks woven from what is active. "
    "Errors are problem+json; lists are `{items, next}`."
)


class Guarded(FastAPI):
    """An app whose every answer carries the security headers and is told of, a failure's too."""

    watchers: list[Watcher]

    def build_middleware_stack(self) -> ASGIApp:
        """Put the headers around what the framework puts around the app."""
        return Watched(SecurityHeaders(super().build_middleware_stack()), self.watchers, PREFIX)


def create_app(config: ApiConfig, context: Context | None = None) -> FastAPI:
    """Build the app.

    Args:
        config: its settings.
        context: open connections to use; their owner closes them. Without one the app opens its
            own when it starts and closes them when it ends.

    Raises:
        Unavailable: at the start of the app, when the database cannot be used.
    """
    tracing = Tracing(_version()) if config.tracing else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with ExitStack() as stack:
            if tracing is not None:
                stack.callback(tracing.close)
            if context is not None:
                app.state.context = context
                yield
                return
            async with contextmanager_in_threadpool(opened(config)) as own:
                app.state.context = own
                yield

    app = Guarded(
        title="Neuroweave",
        version=_version(),
        description=DESCRIPTION,
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
        generate_unique_id_function=openapi.operation_id,
        # The framework's own would write paths, queries and the texts of failures.
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.watchers = [logs.told]
    app.add_middleware(Unheard)
    app.add_middleware(Head)
    app.add_middleware(
        BodyLimit, body_bytes=config.max_body_bytes, multipart_bytes=config.max_upload_bytes
    )
    app.add_middleware(Gate)
    if config.access.origins:
        app.add_middleware(CORSMiddleware, allow_origins=config.access.origins, **CORS)
    problem.install(app)
    api = APIRouter(dependencies=[Depends(authorised), Depends(openapi.parameters_known)])
    for router in ROUTERS:
        api.include_router(router)
    # With the prefix here: without one the framework reads every route at once, and again later.
    app.include_router(api, prefix=PREFIX)
    if config.metrics:
        _measure(app)
    if tracing is not None:
        app.watchers.append(tracing.watch)
    openapi.install(
        app, table(ROUTERS), ActivationRequest, BuildJob, ClaimsJob, EditRow, IngestJob, PlanRequest
    )
    return app


def _measure(app: Guarded) -> None:
    from api.telemetry import metrics

    app.state.metrics = metrics.Metrics()
    app.watchers.append(app.state.metrics.watch)
    app.include_router(metrics.router, dependencies=[Depends(authorised)])


def _version() -> str:
    try:
        return version("neuroweave")
    except PackageNotFoundError:
        return "0"
