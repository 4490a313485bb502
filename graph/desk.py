"""The records that a batch of edits works on, from their stored state to what will be written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from atlas.errors import Conflict, Forbidden, InvalidInput, NotFound
from graph import changes, comments, history, model_links, records
from graph.records import Record
from graph.statements import citation, text, weight
from graph.store import Row, Tx
from graph.succession import DEPRECATED, Succession
from graph.values import digest

_STATED = ("weight", "rationale", "citation")
_CURATED = "curated"
_REVIEWABLE = {
    "accept": ("proposed", "rejected"),
    "reject": ("proposed", "accepted"),
    "restore": ("rejected",),
}
_ABOUT = ("region", "function", "model")


@dataclass(frozen=True, slots=True)
class Change:
    """What the edit with this index does to a record: ``fields`` are ``{name: [before, after]}``.

    The digest is the one the record has afterwards.
    """

    index: int
    noun: str
    id: str
    change: str
    fields: dict[str, list[Any]]
    digest: str


class Desk:
    """Edits in order, each seeing what the ones before it did; nothing is written here.

    ``stored`` is what was read: the content of the records that the edits name.
    """

    def __init__(self, tx: Tx, by: str, allow_self_review: bool) -> None:
        self._tx = tx
        self._by = by
        self._own = allow_self_review
        self.stored: dict[Record, Row] = {}
        self._rows: dict[Record, Row] = {}
        self._said: dict[tuple[Record, str], tuple[int, object]] = {}

    def fetch(self, edits: Iterable[Row]) -> None:
        """Read everything that the edits name."""
        wanted = {record for edit in edits for record in _named(edit)}
        self.stored = records.read(self._tx, sorted(wanted))
        self._rows = dict(self.stored)

    def take(self, index: int, edit: Row) -> list[Change]:
        """Do one edit; what it changes.

        Raises:
            NotFound: it is about something that is not in the graph.
            Conflict: it contradicts the record's state or an edit before it.
            Forbidden: one may not accept what one has stated oneself.
            Stale: the record is not what the editor read.
            InvalidInput: a value cannot be stated.
        """
        record = _target(edit)
        self._refuse_stale(record, edit["expected"])
        new = self._edited(record, edit)
        remark = self._remark(record, edit["comment"])
        before = self._rows.get(record)
        self._refuse_contradiction(index, record, before, new)
        out = [self._put(index, record, new)]
        if remark:
            out.append(self._put(index, ("comment", remark["id"]), remark))
        return [change for change in out if change.fields]

    def written(self) -> dict[str, list[Row]]:
        """Rows that differ from what is stored, by noun."""
        rows: dict[str, list[Row]] = {}
        for record, row in self._rows.items():
            if row != self.stored.get(record):
                rows.setdefault(record[0], []).append(row)
        return rows

    def _edited(self, record: Record, edit: Row) -> Row:
        action = edit["action"]
        if action == "add_claim":
            return self._new_claim(record, edit)
        if action in ("link_model", "forbid_model"):
            return self._linked(record, edit, action == "link_model")
        row = self._rows.get(record)
        if row is None:
            raise NotFound(record[0], found=record[1], expected="the id of a stored record")
        if action == "edit":
            return self._restated(row, _given(edit))
        return row if action == "comment" else self._reviewed(record, row, action)

    def _new_claim(self, record: Record, edit: Row) -> Row:
        if record in self._rows:
            raise Conflict("claim", found=f"{record[1]}, which says the same", expected="a new one")
        given = _given(edit)
        about = {name: self._existing(name, edit[name]) for name in ("region", "function")}
        row = {"id": record[1], **about, "source": "curation", "statistic": _CURATED}
        row |= {"value": given["weight"], "inference": ""}
        unknown = ("q", "lower", "n_studies", "both", "region_only", "function_only", "neither")
        return {**row, **dict.fromkeys(unknown), **given, **self._signed(edit["status"])}

    def _linked(self, record: Record, edit: Row, allow: bool) -> Row:
        given = _given(edit)
        known = self._rows.get(record)
        if known is not None:
            return self._restated(known, {**given, "allow": allow})
        about = {name: self._existing(name, edit[name]) for name in ("region", "model")}
        row = {"id": record[1], **about, "allow": allow, "weight": 1.0, "citation": "", **given}
        return {**row, **self._signed(edit["status"])}

    def _existing(self, noun: str, id: str) -> str:
        row = self._rows.get((noun, id))
        if row is None:
            raise NotFound(noun, found=id, expected=f"the id of a {noun} in the graph")
        if row.get("status") == DEPRECATED:
            following = " or ".join(Succession.read(self._tx).of(noun, id))
            raise Conflict(
                noun,
                found=f"{id}, which is deprecated",
                expected="one in use",
                hint="" if following == id else f"it is {following} now",
            )
        return id

    def _signed(self, status: str) -> Row:
        if status == "accepted" and not self._own:
            raise Forbidden(
                "status", found="accepted", expected="proposed", hint="somebody else accepts it"
            )
        return {
            "status": status,
            "proposed_by": self._by,
            "reviewed_by": self._by if status == "accepted" else None,
        }

    def _restated(self, row: Row, given: Row) -> Row:
        new = {**row, **given}
        if row.get("statistic") == _CURATED:
            new["value"] = new["weight"]
        if new == row:
            return row
        if not new["rationale"]:
            raise InvalidInput("rationale", found="nothing", expected="why it is changed")
        kept = row["status"] == "accepted" and self._own
        return {**new, **self._signed("accepted" if kept else "proposed")}

    def _reviewed(self, record: Record, row: Row, action: str) -> Row:
        status = row["status"]
        if status not in _REVIEWABLE[action]:
            raise Conflict(records.key(record), found=status, expected=f"one to {action}")
        mine = row["proposed_by"] == self._by
        if action == "accept" and mine and not self._own:
            raise Forbidden(
                records.key(record),
                found=f"stated by {self._by}",
                expected="somebody else who accepts it",
            )
        fallen = "proposed" if row["proposed_by"] else "accepted"
        after = {"accept": "accepted", "reject": "rejected", "restore": fallen}[action]
        return {**row, "status": after, "reviewed_by": self._by}

    def _remark(self, record: Record, comment: str | None) -> Row | None:
        if comment is None:
            return None
        noun, id = record
        mine = f"{noun}:{id}#"
        said = [key for key in self._rows if key[0] == "comment" and key[1].startswith(mine)]
        following = comments.next_id(self._tx, noun, id)
        stem, _, number = following.rpartition("#")
        name = f"{stem}#{int(number) + len(said)}"
        about = {"claim": None, "model_link": None, noun: id}
        return {"id": name, **about, "by": self._by, "text": text("comment", comment)}

    def _refuse_stale(self, record: Record, expected: str | None) -> None:
        if expected is None:
            return
        current = self.stored.get(record)
        present = changes.digest_of(current) if current else ""
        if expected != present:
            raise history.Stale(record, expected, current, present)

    def _refuse_contradiction(
        self, index: int, record: Record, before: Row | None, new: Row
    ) -> None:
        for name in (*_STATED, "allow", "status"):
            value = new.get(name)
            if before is not None and before.get(name) == value:
                continue
            earlier = self._said.get((record, name))
            if earlier is not None and name != "status":
                raise Conflict(
                    f"{records.key(record)} {name}",
                    found=f"{value!r}, and edit {earlier[0] + 1} says {earlier[1]!r}",
                    expected="one value",
                )
            self._said[record, name] = (index, value)

    def _put(self, index: int, record: Record, new: Row) -> Change:
        old = self._rows.get(record)
        self._rows[record] = new
        fields = {
            name: [old.get(name) if old else None, value]
            for name, value in sorted(new.items())
            if (old.get(name) if old else None) != value
        }
        kind = "changed" if old else "created"
        return Change(index, record[0], record[1], kind, fields, changes.digest_of(new))


def _named(edit: Row) -> list[Record]:
    named = [(noun, edit[noun]) for noun in _ABOUT if edit[noun]]
    try:
        return [*named, _target(edit)]
    except InvalidInput:
        return named


def _target(edit: Row) -> Record:
    """The record that an edit makes or changes."""
    if edit["action"] == "add_claim":
        stated = [edit[name] for name in ("region", "function", *_STATED)]
        return "claim", f"curation:{digest(stated)[:16]}"
    if edit["action"] in ("link_model", "forbid_model"):
        return "model_link", model_links.id_of(edit["region"], edit["model"])
    if not edit["id"]:
        raise InvalidInput("id", found="nothing", expected="the id of a record")
    return edit["noun"], edit["id"]


def _given(edit: Row) -> Row:
    """What the edit states, checked."""
    given: Row = {}
    if edit["weight"] is not None:
        given["weight"] = weight(edit["weight"])
    if edit["rationale"] is not None:
        given["rationale"] = text("rationale", edit["rationale"])
    if edit["citation"] is not None:
        given["citation"] = citation(edit["citation"])
    return given
