"""The application: routers by noun under ``/api/v1``, every error a problem."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

from fastapi import APIRouter, Depends, FastAPI
from fastapi.concurrency import contextmanager_in_threadpool

from api import openapi, problem
from api.access.policy import authorised
from api.config import ApiConfig
from api.context import Context, opened
from api.limits import BodyLimit
from api.routes import ROUTERS
from api.schemas.selection import ActivationRequest
from api.schemas.service import BuildJob

PREFIX = "/api/v1"
DESCRIPTION = (
    "A brain atlas in a graph database, and neural networks woven from what is active. "
    "Errors are problem+json; lists are `{items, next}`."
)


def create_app(config: ApiConfig, context: Context | None = None) -> FastAPI:
    """Build the app.

    Args:
        config: its settings.
        context: open connections to use; their owner closes them. Without one the app opens its
            own when it starts and closes them when it ends.

    Raises:
        Unavailable: at the start of the app, when the database cannot be used.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if context is not None:
            app.state.context = context
            yield
            return
        async with contextmanager_in_threadpool(opened(config)) as own:
            app.state.context = own
            yield

    app = FastAPI(
        title="Neuroweave",
        version=_version(),
        description=DESCRIPTION,
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
        generate_unique_id_function=openapi.operation_id,
    )
    app.add_middleware(
        BodyLimit, body_bytes=config.max_body_bytes, multipart_bytes=config.max_upload_bytes
    )
    problem.install(app)
    api = APIRouter(prefix=PREFIX, dependencies=[Depends(authorised)])
    for router in ROUTERS:
        api.include_router(router)
    app.include_router(api)
    openapi.install(app, ActivationRequest, BuildJob)
    return app


def _version() -> str:
    try:
        return version("neuroweave")
    except PackageNotFoundError:
        return "0"
