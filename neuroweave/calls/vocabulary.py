"""The vocabulary: functions, areas, data sets and the words of the model library.

``kind`` is function, area, dataset, category, optimizer or platform. A change names the state it
is a change of, as in :mod:`neuroweave.calls.curation`; with ``dry_run`` it is only planned, and
then an id alone will do. Whatever names an entry follows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from neuroweave.calls.dialogue import (
    Answer,
    Ask,
    Dialogue,
    Record,
    address,
    condition,
    given,
    table,
)

if TYPE_CHECKING:
    import pandas as pd

_COLLECTIONS = {"function": "/functions", "area": "/areas", "dataset": "/datasets"} | {
    word: f"/dictionaries/{word}" for word in ("category", "optimizer", "platform")
}


def dictionaries(limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the dictionaries of the model library with how many words each has."""
    return (yield from table("/dictionaries", limit))


def words(
    dictionary: str, replaced: bool = False, limit: int | None = None
) -> Dialogue[pd.DataFrame]:
    """List the words of a dictionary with how many models or checkpoints name each.

    With ``replaced`` also those that others have replaced.
    """
    return (yield from table(_collection(dictionary), limit, {"replaced": replaced or None}))


def entry(kind: str, id: str) -> Dialogue[Answer]:
    """Show one entry; its ``digest`` tells later whether it has changed.

    One that others have replaced says by which (``replaced_by``).
    """
    return Answer((yield Ask("GET", _path(kind, id))))


def add_entry(kind: str, id: str, *, reason: str = "", **stated: Any) -> Dialogue[Answer]:  # noqa: ANN401
    """Add an entry.

    Args:
        kind: of the entry.
        id: a path such as ``perception.vision.depth``, or a word.
        reason: why, for the history.
        stated: of a function name, definition, aliases, ontology, external_id; of an area name,
            modality, realizes; of a data set name, modalities, labels, licence, citation; of a
            word definition, aliases.
    """
    body = {"id": id, "reason": reason, **given(**stated)}
    return Answer((yield Ask("POST", _collection(kind), json=body)))


def edit_entry(
    kind: str,
    entry: Record,
    *,
    expected: str | None = None,
    reason: str = "",
    **stated: Any,  # noqa: ANN401
) -> Dialogue[Answer]:
    """Change what is stated of an entry (see :func:`add_entry`); imports leave it alone then."""
    body = {"reason": reason, **given(**stated)}
    headers = condition(entry, expected)
    return Answer((yield Ask("PATCH", _path(kind, entry), json=body, headers=headers)))


def rename_entry(
    kind: str,
    entry: Record,
    to: str,
    *,
    name: str | None = None,
    expected: str | None = None,
    reason: str = "",
    dry_run: bool = False,
) -> Dialogue[Answer]:
    """Give an entry another id, and perhaps another name; what is below it moves along.

    Returns:
        As for every change of an id: ``seq``, the revision (None where nothing was written);
        ``becomes``, the ids that replace each old one; ``follow``, how many records of each noun
        name the new ids; ``problems``, what a dry run found in the way.
    """
    body = given(to=to, name=name, reason=reason)
    return (yield from _change("rename", kind, entry, body, expected, dry_run))


def merge_entries(
    kind: str,
    entries: Sequence[Record],
    into: str,
    *,
    name: str | None = None,
    expected: str | None = None,
    reason: str = "",
    dry_run: bool = False,
) -> Dialogue[Answer]:
    """Make several entries one, new or there already; every claim is kept as it is.

    ``expected`` is about the first of them. Returns what :func:`rename_entry` does.
    """
    first, *others = entries
    body = given(into=into, others=[_id(kind, one) for one in others], name=name, reason=reason)
    return (yield from _change("merge", kind, first, body, expected, dry_run))


def split_entry(
    kind: str,
    entry: Record,
    parts: Sequence[str] | Mapping[str, str],
    *,
    table: Mapping[str, str] | None = None,
    default: str | None = None,
    expected: str | None = None,
    reason: str = "",
    dry_run: bool = False,
) -> Dialogue[Answer]:
    """Let several entries take the place of a function or area.

    Args:
        kind: function or area.
        entry: what is split.
        parts: ids of the parts, or names by id.
        table: the part by the id of a claim, model, area or child.
        default: the part of what the table leaves out; refused without one.
        expected: see :mod:`neuroweave.calls.curation`.
        reason: why, for the history.
        dry_run: only say what would follow.

    Returns:
        What :func:`rename_entry` does.
    """
    named = dict(parts) if isinstance(parts, Mapping) else dict.fromkeys(parts, "")
    body = given(parts=named, table=dict(table or {}), default=default, reason=reason)
    return (yield from _change("split", kind, entry, body, expected, dry_run))


def deprecate_entry(
    kind: str,
    entry: Record,
    *,
    deprecated: bool = True,
    expected: str | None = None,
    reason: str = "",
    dry_run: bool = False,
) -> Dialogue[Answer]:
    """No longer offer an entry for new statements, or with ``deprecated=False`` offer it again.

    Returns what :func:`rename_entry` does.
    """
    body = {"deprecated": deprecated, "reason": reason}
    return (yield from _change("deprecate", kind, entry, body, expected, dry_run))


def _change(
    action: str,
    kind: str,
    entry: Record,
    body: Mapping[str, Any],
    expected: str | None,
    dry_run: bool,
) -> Dialogue[Answer]:
    headers = condition(entry, expected, needed=not dry_run)
    path = f"{_path(kind, entry)}/{action}"
    query = {"dry_run": dry_run}
    return Answer((yield Ask("POST", path, query, json=dict(body), headers=headers)))


def _collection(kind: str) -> str:
    if kind not in _COLLECTIONS:
        raise ValueError(f"kind: found {kind!r}, expected one of {', '.join(_COLLECTIONS)}")
    return _COLLECTIONS[kind]


def _path(kind: str, entry: Record) -> str:
    return address(_collection(kind), _id(kind, entry))


def _id(kind: str, entry: Record) -> str:
    """Its id as addresses have it: a word's record names its dictionary, too."""
    id = entry if isinstance(entry, str) else str(entry["id"])
    return id.removeprefix(f"{kind}:")
