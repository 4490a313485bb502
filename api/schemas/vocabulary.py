"""Edits of functions, areas and dictionaries."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Answer, Body
from graph.statements import MAX_TEXT

_ID = 300
_NAME = Field(default=None, max_length=_ID, examples=["sight"])
_TEXT = Field(default=None, max_length=MAX_TEXT)


class Why(Body):
    """Why, for the history."""

    reason: str = Field(default="", max_length=MAX_TEXT, examples=["as the ontology has it"])


class Entry(Why):
    """What is stated of an entry; each noun has some of it."""

    name: str | None = _NAME
    definition: str | None = _TEXT
    aliases: list[str] | None = Field(default=None, description="Other names.", max_length=200)
    ontology: str | None = _TEXT
    external_id: str | None = _TEXT
    modality: str | None = _TEXT
    realizes: list[str] | None = Field(default=None, description="Of an area: functions.")
    modalities: list[str] | None = Field(default=None, description="Of a data set.")
    labels: list[str] | None = Field(default=None, description="Of a data set.")
    licence: str | None = _TEXT
    citation: str | None = _TEXT


class EntryToAdd(Entry):
    """A new entry; the id of a function or area is its path."""

    id: str = Field(max_length=_ID, examples=["perception.vision.depth"])


class Renaming(Why):
    """The new id; what is below it moves along."""

    to: str = Field(max_length=_ID, examples=["perception.sight"])
    name: str | None = _NAME


class Merging(Why):
    """What is merged with it, and the id that remains."""

    into: str = Field(max_length=_ID, examples=["perception.vision.look"])
    others: list[str] = Field(default_factory=list, max_length=200)
    name: str | None = _NAME


class Splitting(Why):
    """The parts, and what goes where."""

    parts: dict[str, str] = Field(
        description="Name by id; an empty name is the last part of the id.",
        examples=[{"vision.speed": "speed", "vision.direction": "direction"}],
    )
    table: dict[str, str] = Field(
        default_factory=dict, description="Part by the id of a claim, model, area or child."
    )
    default: str | None = Field(default=None, description="The part of what the table leaves out.")


class Deprecation(Why):
    """Whether it is still offered for new statements."""

    deprecated: bool = True


class VocabularyProblem(Answer):
    """What stands against an operation."""

    code: str = Field(examples=["conflict"])
    field: str
    found: str | None
    expected: str
    hint: str


class VocabularyChange(Answer):
    """What an operation did, or would do with `dry_run`."""

    action: str = Field(examples=["rename"])
    noun: str = Field(examples=["function"])
    seq: int | None = Field(description="The revision; null where nothing was written.")
    becomes: dict[str, list[str]] = Field(description="The ids that replace each old one.")
    follow: dict[str, int] = Field(description="How many records of each noun follow.")
    problems: list[VocabularyProblem]


class EntryState(Answer):
    """An entry as it is now; its noun says which other keys there are."""

    id: str
    name: str
    status: str | None = Field(description="deprecated, or null while it is in use.")
    replaced_by: list[str] | None = Field(description="The ids that took its place.")
    digest: str = Field(description="Of its content; in quotes it is the ETag.")


class Dictionary(Answer):
    """A dictionary of the library."""

    id: str = Field(examples=["optimizer"])
    terms: int = Field(description="Terms with a record.")
    uses: int = Field(description="Records that name one.")


class DictionaryTerm(Answer):
    """A word of a dictionary."""

    id: str = Field(examples=["optimizer:sgd"])
    name: str
    uses: int
    recorded: bool = Field(description="false: in use, but nobody has added it.")
