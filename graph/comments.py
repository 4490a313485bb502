"""Comments on claims and model links: who said what, and when; they are only ever added."""

from __future__ import annotations

from types import MappingProxyType

from graph import changes
from graph.store import Row, Store, Tx

_OF = MappingProxyType({"claim": "comment/of_claim", "model_link": "comment/of_link"})


def of(store: Store, noun: str, id: str) -> list[Row]:
    """Comments on a claim or model link, the oldest first: id, by, text, at."""
    return store.read(_OF[noun], id=id)


def next_id(tx: Tx, noun: str, id: str) -> str:
    """Id of the next comment on a record; they count up from the last that is there."""
    numbers = [int(row["id"].rpartition("#")[2]) for row in tx.run(_OF[noun], id=id)]
    return f"{noun}:{id}#{max(numbers, default=0) + 1}"


def relate(tx: Tx, rows: list[Row]) -> None:
    """Tie comments to what they are on."""
    changes.run(tx, "comment/on_claim", [row for row in rows if row["claim"]])
    changes.run(tx, "comment/on_link", [row for row in rows if row["model_link"]])
