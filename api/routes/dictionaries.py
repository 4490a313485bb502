"""Dictionaries of the model library: categories, optimizers, platforms."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.access.policy import requires
from api.context import StoreDep
from api.editing import tagged
from api.etag import TaggedRoute
from api.paging import Page, PageQuery, Paging, page_of
from api.schemas.vocabulary import Dictionary, DictionaryTerm, EntryState
from api.vocabulary import add_routes
from graph import dictionaries, records
from graph.entries import DICTIONARIES

router = APIRouter(
    prefix="/dictionaries",
    tags=["library"],
    route_class=TaggedRoute,
    dependencies=[requires("viewer")],
)


class TermQuery(PageQuery):
    """Which terms."""

    replaced: bool = Field(default=False, description="Also those that others have replaced.")


@router.get("", response_model=Page[Dictionary])
def list_dictionaries(store: StoreDep, page: Paging) -> dict[str, Any]:
    """List the dictionaries; functions, areas and data sets have routes of their own."""
    return page_of(dictionaries.list_dictionaries(store), page)


def _terms(dictionary: str) -> APIRouter:
    own = APIRouter(
        prefix=f"/dictionaries/{dictionary}",
        tags=["library"],
        route_class=TaggedRoute,
        dependencies=[requires("viewer")],
    )

    @own.get("", response_model=Page[DictionaryTerm], name=f"list_{dictionary}_terms")
    def list_terms(store: StoreDep, query: Annotated[TermQuery, Query()]) -> dict[str, Any]:
        """List the words of this dictionary with how many records name them."""
        return page_of(dictionaries.list_terms(store, dictionary, replaced=query.replaced), query)

    @own.get("/{id:record}", response_model=EntryState, name=f"get_{dictionary}")
    def get(store: StoreDep, response: Response, id: str) -> dict[str, Any]:
        """Show one word; one that others have replaced says by which."""
        return tagged(response, records.get(store, "term", f"{dictionary}:{id}"))

    add_routes(own, "term", dictionary=dictionary)
    return own


TERMS = tuple(_terms(dictionary) for dictionary in DICTIONARIES)
