"""The model library: structures."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.access.policy import CallerDep, requires
from api.context import LivingDep, StoreDep
from api.etag import TaggedRoute
from api.paging import Page, page_of
from api.schemas.library import Model, ModelQuery
from api.schemas.models import NewModel, Withdrawn
from atlas.errors import Conflict
from graph import library, models
from graph.library import Search
from graph.models import ModelRecord

router = APIRouter(
    prefix="/models", tags=["library"], route_class=TaggedRoute, dependencies=[requires("viewer")]
)


@router.get("", response_model=Page[Model])
def list_models(store: StoreDep, query: Annotated[ModelQuery, Query()]) -> dict[str, Any]:
    """List the models by id, all or those that are asked for by any column."""
    asked = query.model_dump(exclude={"limit", "after"}, exclude_none=True)
    rows = models.list_models(store)
    if asked:
        wanted = {row["id"] for row in library.found(store, Search(**asked))}
        rows = [row for row in rows if row["id"] in wanted]
    return page_of(rows, query)


@router.get("/{id:record}", response_model=Model)
def get_model(store: StoreDep, id: str) -> dict[str, Any]:
    """Show one model with its areas, inputs and tap points."""
    return models.get(store, id)


@router.post("", response_model=Model, status_code=201, dependencies=[requires("editor")])
def add_model(
    store: LivingDep, caller: CallerDep, response: Response, body: NewModel
) -> dict[str, Any]:
    """State a base model; one that is there is not overwritten."""
    if any(row["id"] == body.id for row in models.list_models(store)):
        raise Conflict("id", found=body.id, expected="an id that no model has")
    stated = body.model_dump()
    for name in ("functions", "areas", "metrics"):
        stated[name] = tuple(stated[name])
    models.put(store, [ModelRecord(**stated)], by=caller.id)
    response.headers["Location"] = f"/api/v1/models/{body.id}"
    return models.get(store, body.id)


@router.delete("/{id:record}", response_model=Withdrawn, dependencies=[requires("editor")])
def withdraw_model(store: LivingDep, caller: CallerDep, id: str) -> dict[str, Any]:
    """Withdraw a model that no checkpoint and no link refers to; afterwards it answers 410."""
    return {"id": id, "revision": library.withdraw(store, "model", id, by=caller.id)}
