"""The OpenAPI document: every operation says that its errors are problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.access import cookie
from api.access.caller import Scope
from api.access.policy import Policy
from api.editing import IF_MATCH
from api.openapi_links import add_links
from api.problem import MEDIA_TYPE, Problem
from api.schemas.base import Explanation
from atlas.errors import InvalidInput

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

FILE = {"type": "string", "contentMediaType": "application/octet-stream"}
"""A file in a form."""

TEMPLATE = "#/components/schemas/{model}"


def reference(model: type[BaseModel]) -> str:
    """Return the address of a model's schema inside the document."""
    return TEMPLATE.format(model=model.__name__)


def operation_id(route: APIRoute) -> str:
    """Name an operation after its function: ``list_regions``, not a path in underscores."""
    return route.name


def form_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Describe a model as a form, whose fields may be missing and are never null."""
    form = model.model_json_schema()
    for field in form["properties"].values():
        kinds = [kind for kind in field.pop("anyOf", []) if kind != {"type": "null"}]
        field |= kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {}
        if field.get("default", ...) is None:
            del field["default"]
    return form


async def parameters_known(request: Request) -> None:
    """Refuse a query parameter that the document does not name for this route.

    Raises:
        InvalidInput: there is one; a misspelled name is an error, not silence.
    """
    if not request.query_params:
        return
    paths = request.app.openapi()["paths"].values()
    operations = (operation for path in paths for operation in path.values())
    asked = request.scope["route"].name
    told = next(one for one in operations if one["operationId"] == asked).get("parameters", [])
    names = {one["name"] for one in told if one["in"] == "query"}
    for name, value in request.query_params.multi_items():
        if name not in names:
            raise InvalidInput(name, found=repr(value), expected="no such parameter")


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
    models = [(model, "validation") for model in (Problem, Explanation, *bodies)]
    _, extra = models_json_schema(models, ref_template=TEMPLATE)  # type: ignore[arg-type]
    schemas.update(extra["$defs"])
    for path in document["paths"].values():
        for operation in path.values():
            _describe_errors(operation["responses"])
            _describe_parameters(operation)
            _describe_policy(operation, policies[operation["operationId"]])
    add_links(document)
    return document


def _describe_errors(responses: dict[str, Any]) -> None:
    schema = {"$ref": reference(Problem)}
    responses.pop("422", None)
    responses["default"] = {
        "description": "What went wrong (RFC 9457).",
        "content": {MEDIA_TYPE: {"schema": schema}},
    }


def _describe_parameters(operation: dict[str, Any]) -> None:
    """Say what the framework cannot see: a header that must be there, an answer of another kind."""
    parameters = operation.get("parameters", [])
    for parameter in parameters:
        if parameter["name"] == "if-match":  # 428 without; a dry run needs none
            parameter["required"] = all(one["name"] != "dry_run" for one in parameters)
            parameter["schema"] = {"type": "string", "pattern": IF_MATCH}
    if any(parameter["name"] == "explain" for parameter in parameters):
        answer = operation["responses"]["200"]["content"]["application/json"]
        answer["schema"] = {"anyOf": [answer["schema"], {"$ref": reference(Explanation)}]}


def _describe_policy(operation: dict[str, Any], policy: Policy) -> None:
    """Say how callers show who they are, and the scope they need (``x-scope``)."""
    operation["x-scope"] = "public" if policy.scope is None else str(policy.scope)
    schemes: list[dict[str, list[str]]] = [{name: []} for name in SECURITY]
    # Nothing at all is enough for public routes, and for reading where the settings allow it.
    free = policy.scope in (None, Scope.VIEWER)
    operation["security"] = [{}, *schemes] if free else schemes
