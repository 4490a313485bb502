"""The OpenAPI document: every operation says that its errors are problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.access import cookie
from api.access.caller import Scope
from api.access.policy import Policy
from api.problem import MEDIA_TYPE, Problem

SECURITY = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key (prefix.secret), or a token of the identity provider.",
    },
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": cookie.HOST_ONLY,
        "description": f"Made by POST /session; on this machine only it is {cookie.PLAIN}.",
    },
}

TEMPLATE = "#/components/schemas/{model}"


def reference(model: type[BaseModel]) -> str:
    """Return the address of a model's schema inside the document."""
    return TEMPLATE.format(model=model.__name__)


def operation_id(route: APIRoute) -> str:
    """Name an operation after its function: ``list_regions``, not a path in underscores."""
    return route.name


def install(app: FastAPI, policies: Mapping[str, Policy], *bodies: type[BaseModel]) -> None:
    """Replace FastAPI's own document.

    Args:
        app: the app whose routes are all known.
        policies: what each operation asks of its caller, by its id.
        bodies: models of request bodies that a route reads by itself.
    """

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, policies, bodies)
        return app.openapi_schema

    # Replacing the method is FastAPI's documented way.
    app.openapi = document  # type: ignore[method-assign]


def _document(
    app: FastAPI, policies: Mapping[str, Policy], bodies: tuple[type[BaseModel], ...]
) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    document["components"]["securitySchemes"] = SECURITY
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    models = [(model, "validation") for model in (Problem, *bodies)]
    _, extra = models_json_schema(models, ref_template=TEMPLATE)  # type: ignore[arg-type]
    schemas.update(extra["$defs"])
    for path in document["paths"].values():
        for operation in path.values():
            _describe_errors(operation["responses"])
            _describe_policy(operation, policies[operation["operationId"]])
    return document


def _describe_errors(responses: dict[str, Any]) -> None:
    schema = {"$ref": reference(Problem)}
    responses.pop("422", None)
    responses["default"] = {
        "description": "What went wrong (RFC 9457).",
        "content": {MEDIA_TYPE: {"schema": schema}},
    }


def _describe_policy(operation: dict[str, Any], policy: Policy) -> None:
    """Say how callers show who they are, and the scope they need (``x-scope``)."""
    operation["x-scope"] = "public" if policy.scope is None else str(policy.scope)
    schemes: list[dict[str, list[str]]] = [{name: []} for name in SECURITY]
    # Nothing at all is enough for public routes, and for reading where the settings allow it.
    free = policy.scope in (None, Scope.VIEWER)
    operation["security"] = [{}, *schemes] if free else schemes
