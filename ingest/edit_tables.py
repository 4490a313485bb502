"""Tables of edits as people keep them in a spreadsheet: one row, one edit."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import Any, Literal

from atlas.errors import InvalidInput
from graph.edits import ACTIONS, Edit
from ingest.edit_batch import MAX_ROWS, Batch, Fault
from ingest.text import check_size, to_number

Status = Literal["proposed", "accepted"]

FIELDS = tuple(one.name for one in fields(Edit))

_ALSO: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "action": ("edit", "what"),
        "noun": ("kind", "type"),
        "id": ("claim", "claim_id", "link", "link_id", "record"),
        "region": ("region_id", "roi", "parcel"),
        "function": ("function_id", "term"),
        "model": ("model_id",),
        "weight": ("w", "strength"),
        "rationale": ("reason", "why"),
        "citation": ("doi", "pmid", "reference"),
        "comment": ("comments", "note", "notes", "remark"),
        "expected": ("digest", "etag"),
    }
)
"""Other names of the columns."""

_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "link": "link_model",
        "allow": "link_model",
        "forbid": "forbid_model",
        "change": "edit",
        "set": "edit",
        "update": "edit",
    }
)
"""Other words for the actions; ``add`` is understood from what stands beside it."""

TEMPLATE = """\
# One row, one edit; nothing is changed unless all rows can be. Rows that begin with # are notes.
# add_claim: region, function, weight in (0, 1], rationale, citation (a DOI or PMID:...)
# link_model and forbid_model: region, model, rationale; also weight and citation
# edit: id, and what is to change of weight, rationale, citation
# accept, reject, restore: id; comment: id, comment. Every row may have a comment.
# expected: the digest of the record as you read it, so that nobody's later edit is overwritten
action,id,region,function,model,weight,rationale,citation,comment,expected
# add_claim,,seitzman300:12,perception.vision.motion,,0.6,seen in our data,10.1038/nmeth.1635,,
# reject,curation:0123456789abcdef,,,,,,,the contrast was confounded,
"""
"""What ``neuroweave edits --template`` writes."""


def read(text: str, *, status: Status = "proposed") -> Batch:
    r"""Understand a table of edits: CSV with commas or semicolons, or tab-separated.

    Columns are known by their names (:data:`FIELDS`) or by others that people use (``doi``,
    ``reason``, ``region_id``). Without an action a row with an id is an edit, one with a function
    a new claim, one with a model a link. Decimal commas and a bare PubMed id are understood. Rows
    count as a spreadsheet counts them: the first of the file is 1. What is new has ``status``
    where its row does not say one.

    Raises:
        InvalidInput: no table, no column that says what to do, or more than
            :data:`~ingest.edit_batch.MAX_ROWS` rows.

    >>> batch = read("id;weight;reason\nc1;0,4;weaker than thought\n")
    >>> row, edit = batch.edits[0]
    >>> row, edit.action, edit.weight, batch.columns["reason"]
    (2, 'edit', 0.4, 'rationale')
    """
    rows = _rows(text)
    _, header = next(rows, (0, []))
    columns = _columns(header)
    batch = Batch(
        [],
        columns={header[place]: name for place, name in columns.items()},
        ignored=[name for place, name in enumerate(header) if name and place not in columns],
    )
    for number, cells in rows:
        if len(batch.edits) + len(batch.faults) == MAX_ROWS:
            raise InvalidInput("edits", found="more rows", expected=f"at most {MAX_ROWS:,}")
        try:
            batch.edits.append((number, _edit(header, columns, cells, status)))
        except InvalidInput as error:
            batch.faults.append(Fault(number, error))
    if not batch.edits and not batch.faults:
        raise InvalidInput("edits", found="no rows below the header", expected="edits")
    return batch


def understood(said: Mapping[str, Any], status: Status = "proposed") -> Edit:
    """Make an edit of what a row or a JSON object says; empty values are left out.

    Args:
        said: value by field.
        status: of what is new, where it is not said.

    Raises:
        InvalidInput: an unknown action.
    """
    given = {key: value for key, value in said.items() if value not in (None, "")}
    given["action"] = _action(given)
    if "noun" not in given:
        given["noun"] = "model_link" if "|" in str(given.get("id", "")) else "claim"
    return Edit(**{"status": status, **given})


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with something in them, by their numbers; notes are left out."""
    check_size(text, "edits")
    first = next((line for line in text.splitlines() if line.strip() and line[0] != "#"), "")
    delimiter = next((mark for mark in "\t;" if mark in first), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for number, cells in enumerate(reader, 1):
            cells = [cell.strip() for cell in cells]
            if any(cells) and not cells[0].startswith("#"):
                yield number, cells
    except csv.Error as error:
        raise InvalidInput("edits", found=str(error), expected="a table, CSV or TSV") from error


def _columns(header: Sequence[str]) -> dict[int, str]:
    """Field by place; a column's own name wins over the others that mean the same."""
    names = [name.casefold().replace(" ", "_").replace("-", "_") for name in header]
    columns: dict[int, str] = {}
    for field in FIELDS:
        known = (field, *_ALSO.get(field, ()))
        places = [names.index(name) for name in known if name in names]
        free = [place for place in places if place not in columns]
        # DOIs and PubMed ids may stand in two columns: whichever has something counts.
        columns.update(dict.fromkeys(free if field == "citation" else free[:1], field))
    if not {"action", "id", "function", "model"} & set(columns.values()):
        raise InvalidInput(
            "edits",
            found=f"columns {', '.join(header)[:200] or '(none)'}",
            expected=f"some of {', '.join(FIELDS)}",
            hint="neuroweave edits --template writes a table to fill in",
        )
    return columns


def _edit(
    header: Sequence[str], columns: Mapping[int, str], cells: Sequence[str], status: Status
) -> Edit:
    if any(cells[len(header) :]):
        raise InvalidInput(
            "row",
            found=f"{len(cells)} cells",
            expected=f"at most {len(header)}",
            hint='text that has the separator in it stands in quotes ("…")',
        )
    said: dict[str, Any] = {}
    for place, name in columns.items():
        cell = cells[place] if place < len(cells) else ""
        if cell and not said.get(name):
            said[name] = _value(name, header[place], cell)
    return understood(said, status)


def _value(field: str, column: str, cell: str) -> str | float:
    if field == "weight":
        number = to_number(cell, decimal_comma=True)
        if number is None:
            raise InvalidInput("weight", found=repr(cell[:80]), expected="a number in (0, 1]")
        return number
    if field == "citation" and column.casefold() == "pmid" and cell.isdigit():
        return f"PMID:{cell}"
    if field == "expected":
        return cell.strip('"')
    return cell.casefold() if field in ("noun", "status") else cell


def _action(given: Mapping[str, Any]) -> str:
    said = str(given.get("action", ""))
    word = said.strip().casefold().replace(" ", "_").replace("-", "_")
    word = _WORDS.get(word, word)
    if word in ACTIONS:
        return word
    if word not in ("", "add"):
        raise InvalidInput("action", found=repr(said[:80]), expected=f"one of {', '.join(ACTIONS)}")
    guesses = {"id": "edit", "function": "add_claim", "model": "link_model"}
    if word == "add":
        del guesses["id"]
    for name, action in guesses.items():
        if given.get(name):
            return action
    raise InvalidInput("action", found="nothing", expected=f"one of {', '.join(ACTIONS)}")
