"""Several entries of the vocabulary made one, and one made several."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from atlas.errors import Conflict, InvalidInput, NotFound
from graph.drafts import Draft
from graph.entries import also_called, blank, placed
from graph.statements import text
from graph.store import Row, Store
from graph.vocabulary import Outcome, Request, run

_UNITED = ("realizes", "modalities")
"""Columns of which the merged entry has what any of them had."""


def merge(
    store: Store,
    noun: str,
    ids: Sequence[str],
    into: str,
    request: Request,
    *,
    name: str | None = None,
) -> Outcome:
    """Let one entry, a new one or one that is there, take the place of others.

    Claims follow as they are: two of one source about one region are both kept, and the link
    between region and function follows from them by its rule. Former names become other names;
    what was below each comes below the one that remains.

    Args:
        store: the open graph.
        noun: function, area, dataset or term.
        ids: what is merged; the first is the one that ``request.expected`` is about.
        into: the id that remains.
        request: who, and how.
        name: the name that remains, if it is another.

    Raises:
        InvalidInput: fewer than two entries.
        Conflict: something below one of them would take the place of something else.
        NotFound, Stale: as :func:`graph.vocabulary.edit`.
    """

    def work(draft: Draft) -> None:
        rows = [
            draft.live(id, request.expected if id == ids[0] else None) for id in dict.fromkeys(ids)
        ]
        known = draft.find(into)
        target = placed(noun, rows[0], into) if known is None else draft.live(into)
        if target["status"]:
            raise Conflict("into", found=f"{into}, which is deprecated", expected="one in use")
        sources = [row for row in rows if row["id"] != into]
        if len(sources) + (known is not None) < 2:
            found = ", ".join(row["id"] for row in rows)
            raise InvalidInput("ids", found=found, expected="two that are there, or more")
        roots = [row["id"] for row in sources]
        if any(into.startswith(f"{root}.") for root in roots):
            raise Conflict("into", found=f"{into}, below what is merged", expected="another id")
        draft.give(_below(draft, roots, into))
        draft.replace({root: [into] for root in roots})
        draft.put(_merged(target, sources, name))
        draft.follow({}, None)

    return run(store, "merge", noun, work, request)


def split(
    store: Store,
    noun: str,
    id: str,
    parts: Mapping[str, str],
    request: Request,
    *,
    table: Mapping[str, str] | None = None,
    default: str | None = None,
) -> Outcome:
    """Let several entries take the place of one.

    Args:
        store: the open graph.
        noun: function or area.
        id: what is split; it stays where it is one of the parts.
        parts: name by id, empty for the name it has or the last part of the id; a part may be
            there already.
        request: who, and how.
        table: the part for each claim, model or area by its id, for each child by its id, and
            of an area for each function that it realizes.
        default: the part for claims and children that the table does not name.

    Without a default, claims and children that the table does not name are refused, unless the
    entry is one of its own parts: then they stay. Areas and models that name a split function get
    every part unless the table says which; the parts of an area likewise realize all it realized.

    Raises:
        InvalidInput: fewer than two parts, or a table that names none of them.
        Conflict: something has no part.
        NotFound, Stale: as :func:`graph.vocabulary.edit`; the table names what is not split.
    """
    wanted = dict(table or {})

    def work(draft: Draft) -> None:
        row = draft.live(id, request.expected)
        if len(parts) < 2:
            raise InvalidInput("parts", found=len(parts), expected="two or more")
        for part in (*wanted.values(), *([] if default is None else [default])):
            if part not in parts:
                raise InvalidInput("part", found=part, expected=f"one of {', '.join(parts)}")
        rest = default or (id if id in parts else None)
        for part, name in parts.items():
            draft.put(_part(draft, noun, row, part, name, wanted))
        draft.give(_children(draft, id, wanted, rest))
        draft.replace({id: list(parts)})
        draft.follow(wanted, rest)
        _refuse_unknown(wanted, draft, row)

    return run(store, "split", noun, work, request)


def _below(draft: Draft, roots: Collection[str], into: str) -> dict[str, str]:
    """New ids of what is below the merged entries."""
    becomes = {}
    for one in draft.below(roots):
        above = max((root for root in roots if one.startswith(f"{root}.")), key=len)
        if one not in roots and one != into:
            becomes[one] = into + one[len(above) :]
    return becomes


def _merged(target: Row, sources: Sequence[Row], name: str | None) -> Row:
    merged = dict(target)
    if name is not None:
        merged["name"] = text("name", name)
    rows = [target, *sources]
    for column in _UNITED:
        if column in merged:
            united = dict.fromkeys(one for row in rows for one in row[column] or ())
            merged[column] = sorted(united) if column == "realizes" else list(united)
    return also_called(
        merged, [one for row in rows for one in (row["name"], *(row.get("aliases") or ()))]
    )


def _part(draft: Draft, noun: str, row: Row, part: str, name: str, table: Mapping[str, str]) -> Row:
    known = draft.find(part)
    new = draft.live(part) if known is not None else blank(noun, part)
    if known is None and noun == "function":
        new["ontology"] = row["ontology"]
    if known is None and noun == "area":
        new["modality"] = row["modality"]
    if name:
        new = {**new, "name": text("name", name)}
    if noun == "area":
        own = {one for one in row["realizes"] if table.get(one, part) == part}
        kept = set() if part == row["id"] else set(new["realizes"])
        new = {**new, "realizes": sorted(own | kept)}
    return new


def _children(draft: Draft, id: str, table: Mapping[str, str], rest: str | None) -> dict[str, str]:
    """New ids of what is below a split entry; what has no part is a problem."""
    becomes = {}
    for one in draft.below([id]):
        child = id + "." + one[len(id) + 1 :].partition(".")[0]
        part = table.get(child, rest)
        if part is None:
            error = Conflict(
                "table",
                found=f"nothing on {draft.noun} {child}",
                expected="a part for it",
                hint="name one in the table, or a default",
            )
            draft.problems.append(error)
        elif part != id:
            becomes[one] = part + one[len(id) :]
    return becomes


def _refuse_unknown(table: Mapping[str, str], draft: Draft, row: Row) -> None:
    known = {id for _, id in draft.named()} | set(draft.below([row["id"]]))
    known |= set(row.get("realizes") or ())
    unknown = sorted(set(table) - known)
    if unknown:
        found = ", ".join(unknown[:5])
        raise NotFound("table", found=found, expected=f"what names {row['id']} or is below it")
