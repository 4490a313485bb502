"""A change of the vocabulary while it is drawn up: what would be written, what is against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from atlas.errors import Conflict, NeuroweaveError, NotFound
from graph import changes, history, records, relations
from graph.entries import TREES, placed
from graph.records import Record
from graph.store import Row, Tx
from graph.succession import DEPRECATED, Succession

_SHOWN = 5

_NAMED_IN: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        ("function", "claim"): ("function",),
        ("function", "area"): ("realizes",),
        ("function", "model"): ("functions",),
        ("area", "model"): ("areas",),
        ("dataset", "checkpoint"): ("dataset",),
        ("dataset", "scenario"): ("dataset",),
        ("term", "model"): ("category",),
        ("term", "checkpoint"): ("optimizer", "platform"),
    }
)
"""Columns by the noun that is named and the noun that names it."""

_SORTED = ("realizes", "areas")


class Draft:
    """Records of one noun on their way to other ids, within a running transaction."""

    def __init__(self, tx: Tx, noun: str, by: str) -> None:
        self.noun = noun
        self.becomes: dict[str, list[str]] = {}
        self.problems: list[NeuroweaveError] = []
        self._tx = tx
        self._by = by
        self._known = Succession.read(tx)
        self._stored: dict[Record, Row] = {}
        self._rows: dict[Record, Row] = {}
        self._moved: relations.Moved = {"gone": [], "new": []}

    def find(self, id: str) -> Row | None:
        """The stored record of this id, if there is one."""
        return self.other(self.noun, id)

    def other(self, noun: str, id: str) -> Row | None:
        """The stored record of another noun, if there is one."""
        if (noun, id) not in self._stored:
            self._read([(noun, id)])
        return self._stored.get((noun, id))

    def live(self, id: str, expected: str | None = None) -> Row:
        """The record of this id as it is stored.

        Raises:
            NotFound: there is none.
            Conflict: others have replaced it.
            Stale: its digest is not the expected one.
        """
        row = self.find(id)
        if row is None:
            raise NotFound(
                self.noun,
                found=id,
                expected=f"the id of a {self.noun} in the graph",
                hint="add it first, if records use the word" if self.noun == "term" else "",
            )
        if expected is not None and expected != (digest := changes.digest_of(row)):
            raise history.Stale((self.noun, id), expected, row, digest)
        self.refuse_replaced(self.noun, id, row)
        return row

    def refuse_replaced(self, noun: str, id: str, row: Row) -> None:
        """Refuse a record that others have replaced.

        Raises:
            Conflict: names those.
        """
        if row["replaced_by"]:
            now = " or ".join(self._known.of(noun, id))
            raise Conflict(noun, found=id, expected="one in use", hint=f"it is {now} now")

    def coming(self, id: str) -> Row:
        """The record of this id as it would be."""
        return self._rows[self.noun, id]

    def below(self, ids: Iterable[str]) -> list[str]:
        """Ids below these in the tree."""
        noun = self.noun
        if noun not in TREES:
            return []
        rows = self._tx.run(f"{noun}/below", prefixes=[f"{id}." for id in ids])
        return [row["id"] for row in rows]

    def put(self, row: Row) -> None:
        """Write this row."""
        self._rows[self.noun, row["id"]] = {**row, "edited_by": self._by}

    def give(self, becomes: Mapping[str, str]) -> None:
        """Let ids give way to others that take their records over, as far as those are free.

        A record may go back to an id that it had before.
        """
        takers = Counter(becomes.values())
        for old, new in becomes.items():
            row = self.find(new)
            former = row is not None and self._known.of(self.noun, new) == (old,)
            if takers[new] > 1 or not (row is None or former):
                error = Conflict(
                    self.noun,
                    found=f"{new}, which is there or would be there twice",
                    expected=f"a free id for {old}",
                    hint="merge the two first",
                )
                self.problems.append(error)
            else:
                self.put(placed(self.noun, self.live(old), new))
        self.replace({old: [new] for old, new in becomes.items()})

    def replace(self, becomes: Mapping[str, Sequence[str]]) -> None:
        """Let ids give way to others, whose rows are put; the old records stay and say so."""
        for old, new in becomes.items():
            row = self.live(old)
            if old in new:
                continue
            gone = {**row, "status": DEPRECATED, "replaced_by": list(new)}
            gone |= {"parent": None} if self.noun in TREES else {}
            gone |= {"realizes": []} if self.noun == "area" else {}
            self.put(gone)
        self.becomes |= {old: list(new) for old, new in becomes.items()}

    def follow(self, table: Mapping[str, str], default: str | None) -> None:
        """Let everything that names the old ids name the new ones.

        Where one became several, the table says by record which is meant; a record that names a
        list of ids gets all of them otherwise, one that names a single id the default.
        """
        named = self.named()
        self._read(named)
        unsaid: list[Record] = []
        for record in named:
            row = self._rows.get(record, self._stored[record])
            new = dict(row)
            for column in _NAMED_IN[self.noun, record[0]]:
                prefix = f"{column}:" if self.noun == "term" else ""
                value = row[column]
                if isinstance(value, str):
                    new[column] = self._one(record, prefix + value, table, default, unsaid)
                    new[column] = new[column].removeprefix(prefix)
                else:
                    new[column] = self._many(record, value, table)
                    if column in _SORTED:
                        new[column].sort()
            if new != row:
                self._rows[record] = new
        self._refuse_unsaid(unsaid)
        if self.noun == "function":
            self._moved = relations.moved(
                self._tx, {old: new for old, new in self.becomes.items() if old not in new}
            )

    def check_parents(self) -> None:
        """Note new records whose place in the tree does not exist."""
        if self.noun not in TREES:
            return
        for (noun, id), row in list(self._rows.items()):
            above = row.get("parent") if noun == self.noun else None
            if above is None:
                continue
            parent = self._rows.get((noun, above)) or self.find(above)
            if parent is None or parent["replaced_by"]:
                error = NotFound(f"{noun} {id}", found=f"no {above}", expected="its parent")
                self.problems.append(error)

    def written(self) -> dict[str, list[Row]]:
        """Rows that differ from what is stored, by noun."""
        rows: dict[str, list[Row]] = {}
        for record, row in self._rows.items():
            if not self._is_stored(record, row):
                rows.setdefault(record[0], []).append(row)
        return rows

    def follows(self) -> dict[str, int]:
        """How many records of each noun would name something else, and how many relations."""
        found = Counter(
            noun
            for (noun, id), row in self._rows.items()
            if noun != self.noun and not self._is_stored((noun, id), row)
        )
        if self._moved["gone"]:
            found["relation"] = len(self._moved["gone"])
        return dict(sorted(found.items()))

    @property
    def moved(self) -> relations.Moved | None:
        """What happens to relations, None where nothing does."""
        return self._moved if any(self._moved.values()) else None

    def _is_stored(self, record: Record, row: Row) -> bool:
        known = self._stored.get(record)
        if known is None:
            return False
        return all(known.get(name) == row[name] for name in row if name != "edited_by")

    def named(self) -> list[Record]:
        """Records that name one of the old ids."""
        noun = self.noun
        rows = self._tx.run(f"{noun}/named", ids=sorted(self.becomes))
        return sorted((row["noun"], row["id"]) for row in rows)

    def _one(
        self,
        record: Record,
        id: str,
        table: Mapping[str, str],
        default: str | None,
        unsaid: list[Record],
    ) -> str:
        new = self.becomes.get(id, [id])
        if len(new) == 1:
            return new[0]
        chosen = table.get(record[1], default)
        if chosen is None:
            unsaid.append(record)
            return id
        return chosen

    def _many(self, record: Record, ids: Sequence[str], table: Mapping[str, str]) -> list[str]:
        found: dict[str, None] = {}
        for id in ids:
            new = self.becomes.get(id, [id])
            chosen = table.get(record[1])
            found |= dict.fromkeys([chosen] if len(new) > 1 and chosen in new else new)
        return [id for id in found if id is not None]

    def _refuse_unsaid(self, unsaid: Sequence[Record]) -> None:
        if unsaid:
            names = ", ".join(records.key(record) for record in unsaid[:_SHOWN])
            more = f" and {len(unsaid) - _SHOWN} more" if len(unsaid) > _SHOWN else ""
            self.problems.append(
                Conflict(
                    "table",
                    found=f"nothing on {names}{more}",
                    expected="a part for each",
                    hint="name one in the table, or a default",
                )
            )

    def _read(self, wanted: Sequence[Record]) -> None:
        missing = [record for record in wanted if record not in self._stored]
        self._stored |= records.read(self._tx, missing)
