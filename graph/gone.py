"""Records that were taken away: they can be told from those that never were."""

from __future__ import annotations

from atlas.errors import NotFound
from graph.store import Store


class Gone(NotFound):
    """There was such a record; it was withdrawn, and its history is kept."""

    status = 410
    code = "gone"


def require(store: Store, **ids: str | None) -> None:
    """Refuse what a list is asked for, by noun, where no such record is; None asks for nothing.

    To be called where a list is empty: of what is not there it always is.

    Raises:
        NotFound: names the first record that is not there (Gone: it was withdrawn).
    """
    for noun, id in ids.items():
        if id is not None and not store.read(f"{noun}/digests", ids=[id]):
            raise missing(store, noun, id, f"the id of a stored {noun}")


def missing(store: Store, noun: str, id: str, expected: str) -> NotFound:
    """The error for a record that is not there."""
    kind = Gone if store.read("record/gone", id=id, record=f"{noun}:{id}") else NotFound
    found = f"{id}, which was withdrawn" if kind is Gone else id
    return kind(noun, found=found, expected=expected)
