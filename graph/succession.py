"""Which ids have taken the place of others, after a rename, a merge or a split."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graph import content
from graph.store import Row, Store, Tx

DEPRECATED = "deprecated"
"""Status of what is not to be used any more; what others have replaced has it, too."""

Names = Mapping[tuple[str, str], tuple[str, ...]]


class Succession:
    """Successors of ids, through as many steps as there were; others stand for themselves.

    >>> one = Succession({("term", "a"): ("b",), ("term", "b"): ("c", "d")})
    >>> one.of("term", "a"), one.of("term", "x"), one.only("term", "a")
    (('c', 'd'), ('x',), 'a')
    >>> Succession({("function", "seeing"): ("sight",)}).placed("seeing.depth")
    'sight.depth'
    """

    def __init__(self, replaced: Names) -> None:
        self._replaced = replaced

    @classmethod
    def read(cls, tx: Tx) -> Succession:
        """What is known within a running transaction."""
        return cls._of(tx.run("record/replaced"))

    @classmethod
    def load(cls, store: Store) -> Succession:
        """What is known now."""
        return cls._of(store.read("record/replaced"))

    @classmethod
    def _of(cls, rows: Iterable[Row]) -> Succession:
        return cls({(row["noun"], row["id"]): tuple(row["replaced_by"]) for row in rows})

    def of(self, noun: str, id: str) -> tuple[str, ...]:
        """The ids that stand for this one now, in the order in which they were named."""
        found: dict[str, None] = {}
        waiting, seen = [id], set()
        while waiting:
            one = waiting.pop(0)
            if one in seen:
                continue
            seen.add(one)
            following = self._replaced.get((noun, one))
            if following is None:
                found[one] = None
            else:
                waiting[:0] = following
        return tuple(found)

    def all(self, noun: str, ids: Iterable[str]) -> list[str]:
        """The successors of several ids, each once."""
        return list(dict.fromkeys(new for id in ids for new in self.of(noun, id)))

    def only(self, noun: str, id: str) -> str:
        """The successor where there is one; an id that was split stays."""
        following = self.of(noun, id)
        return following[0] if len(following) == 1 else id

    def term(self, dictionary: str, name: str) -> str:
        """The name that a dictionary has for this one now."""
        prefix = f"{dictionary}:"
        return self.only("term", prefix + name).removeprefix(prefix)

    def placed(self, id: str) -> str:
        """A function's id below the successor of what it would hang under.

        One that was split has no single place for what is new below it: the id stays.
        """
        if ("function", id) in self._replaced:
            return self.only("function", id)
        above, _, leaf = id.rpartition(".")
        return f"{self.placed(above)}.{leaf}" if above else id


def standing(store: Store, noun: str, id: str | None) -> tuple[str | None, ...]:
    """What a list is asked for, one after the other: the successors of an id; None stays itself."""
    return (None,) if id is None else Succession.load(store).of(noun, id)


def settled(tx: Tx, noun: str, rows: Iterable[Row], carried: Iterable[str] = ()) -> list[Row]:
    """Rows of an import, after what people have made of the records.

    A record in which a person had a hand is left as it is; what an import does not know of
    (the ``carried`` columns) stays.
    """
    wanted = list(rows)
    stored = {row["id"]: row for row in content.read(tx, noun, [row["id"] for row in wanted])}
    found: dict[str, Row] = {}
    for row in wanted:
        known = stored.get(row["id"])
        if known is None:
            found[row["id"]] = row
        elif known["edited_by"]:
            found[row["id"]] = known
        else:
            found[row["id"]] = {**row, **{name: known[name] for name in carried}}
    return list(found.values())
