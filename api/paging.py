"""Lists: ``{items, next}``, a page at a time, by key."""

from __future__ import annotations

from operator import itemgetter
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

Item = TypeVar("Item")

MAX_LIMIT = 1000


class Page(BaseModel, Generic[Item]):
    """One page; pass ``next`` as ``after`` to get the following one."""

    items: list[Item]
    next: str | None = Field(description="Key to continue after, or null at the end.")


class NoQuery(BaseModel):
    """A query string without parameters: a misspelled one is an error, not silence."""

    model_config = ConfigDict(extra="forbid")


class PageQuery(NoQuery):
    """Which page of a list."""

    limit: int = Field(default=50, ge=1, le=MAX_LIMIT, description="Items on one page.")
    after: str | None = Field(default=None, description="The `next` of the page before.")


Paging = Annotated[PageQuery, Query()]


def page_of(rows: list[dict[str, Any]], page: PageQuery, key: str = "id") -> dict[str, Any]:
    """Cut one page out of a short list that was read whole, by key.

    >>> page_of([{"id": "b"}, {"id": "a"}], PageQuery(limit=1))
    {'items': [{'id': 'a'}], 'next': 'a'}
    """
    after = page.after
    rest = [row for row in sorted(rows, key=itemgetter(key)) if after is None or row[key] > after]
    items = rest[: page.limit]
    return {"items": items, "next": items[-1][key] if len(rest) > page.limit else None}
