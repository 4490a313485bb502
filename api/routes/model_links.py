"""Which models suit which regions, as people state it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api.access.policy import requires
from api.context import StoreDep
from api.curation import DeskDep, created
from api.editing import IfMatch, tagged
from api.etag import TaggedRoute
from api.paging import Page, PageQuery
from api.routes import curated
from api.schemas.curation import ModelLink, ModelLinkChange, ModelLinkToAdd
from atlas.errors import Conflict
from graph import model_links, records
from graph.edits import Action, Edit
from graph.history import Stale

router = APIRouter(
    prefix="/model-links",
    tags=["library"],
    route_class=TaggedRoute,
    dependencies=[requires("viewer")],
)

NONE_YET = ""
"""The digest of a record that is not there."""


class ModelLinkQuery(PageQuery):
    """Which links."""

    region: str | None = Field(default=None, examples=["dosenbach160:1"])
    model: str | None = Field(default=None, examples=["lenet5-image"])
    status: Literal["accepted", "proposed", "rejected", "any"] = "accepted"


@router.get("", response_model=Page[ModelLink])
def list_model_links(store: StoreDep, query: Annotated[ModelLinkQuery, Query()]) -> dict[str, Any]:
    """List links of regions and models; the accepted ones change what a build selects."""
    items, following = model_links.list_links(
        store,
        region=query.region,
        model=query.model,
        status=None if query.status == "any" else query.status,
        limit=query.limit,
        after=query.after,
    )
    return {"items": items, "next": following}


@router.post("", response_model=ModelLink, status_code=201, dependencies=[requires("editor")])
def add_model_link(
    desk: DeskDep, request: Request, response: Response, body: ModelLinkToAdd
) -> dict[str, Any]:
    """State that a model suits a region, or forbid it there; there is one link for each pair."""
    said = body.model_dump(exclude_none=True)
    edit = Edit(
        _action(said.pop("allow")),
        "model_link",
        **{"status": desk.status} | said,
        expected=NONE_YET,
    )
    try:
        return created(request, response, desk.edit(edit))
    except Stale as error:
        raise Conflict(
            "model link",
            found=model_links.id_of(body.region, body.model),
            expected="one that is not there yet",
            hint="change it with PATCH",
        ) from error


@router.patch("/{id:record}", response_model=ModelLink, dependencies=[requires("editor")])
def change_model_link(
    desk: DeskDep, response: Response, id: str, body: ModelLinkChange, expected: IfMatch
) -> dict[str, Any]:
    """Change a link, or turn it from allowing to forbidding; 412 with the current state if stale.

    What somebody changes who may not accept their own edits is a proposal again.
    """
    said = dict(body)
    allow = said.pop("allow")
    if allow is None:
        edit = Edit("edit", "model_link", id, **said, expected=expected)
    else:
        pair = records.get(desk.store, "model_link", id)
        about = {name: pair[name] for name in ("region", "model")}
        edit = Edit(_action(allow), "model_link", id, **about, **said, expected=expected)
    return tagged(response, desk.edit(edit))


def _action(allow: bool) -> Action:
    return "link_model" if allow else "forbid_model"


curated.add_routes(router, "model_link", ModelLink)
