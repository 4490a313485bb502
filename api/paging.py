"""Lists: ``{items, next}``, a page at a time, by key."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from atlas.errors import NotFound

Item = TypeVar("Item")

MAX_LIMIT = 1000


class Page(BaseModel, Generic[Item]):
    """One page; pass ``next`` as ``after`` to get the following one."""

    items: list[Item]
    next: str | None = Field(description="Key to continue after, or null at the end.")


class NoQuery(BaseModel):
    """A query string without parameters: a misspelled one is an error, not silence.

    Which release to answer from is the store's business (see ``api.context``).
    """

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_release(cls, data: Any) -> Any:  # noqa: ANN401 - as pydantic hands it on
        return {k: v for k, v in data.items() if k != "release"} if isinstance(data, dict) else data


class PageQuery(NoQuery):
    """Which page of a list."""

    limit: int = Field(default=50, ge=1, le=MAX_LIMIT, description="Items on one page.")
    after: str | None = Field(default=None, description="The `next` of the page before.")


Paging = Annotated[PageQuery, Query()]


def page_of(rows: list[dict[str, Any]], page: PageQuery, key: str = "id") -> dict[str, Any]:
    """Cut one page out of a short list that was read whole, in the list's own order.

    Raises:
        NotFound: ``after`` is not in the list, or not any more.

    >>> page_of([{"id": "b"}, {"id": "a"}], PageQuery(limit=1))
    {'items': [{'id': 'b'}], 'next': 'b'}
    """
    start = 0
    if page.after:
        keys = [row[key] for row in rows]
        if page.after not in keys:
            raise NotFound("after", found=repr(page.after), expected="the next of a page")
        start = keys.index(page.after) + 1
    end = start + page.limit
    items = rows[start:end]
    return {"items": items, "next": items[-1][key] if end < len(rows) else None}
