"""Edits of functions, areas and dictionaries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from api.schemas.base import NAME, PATH, PLAIN, SAID, Answer, Body
from graph.statements import MAX_TEXT

_MAX_ID = 180
"""Room for the name of a dictionary is left."""

Word = Annotated[str, Field(max_length=_MAX_ID, pattern=NAME)]
PathId = Annotated[str, Field(max_length=_MAX_ID, pattern=PATH)]
Said = Annotated[str, Field(max_length=MAX_TEXT, pattern=SAID)]
Text = Annotated[str, Field(max_length=MAX_TEXT, pattern=rf"^$|{SAID}")]
Words = Annotated[list[Said], Field(max_length=200)]

_NAMED = Field(default=None, examples=["sight"])


class Why(Body):
    """Why, for the history."""

    reason: str = Field(
        default="", max_length=MAX_TEXT, pattern=PLAIN, examples=["as the ontology has it"]
    )


class FunctionFields(Why):
    """What is stated of a function."""

    name: Said | None = _NAMED
    definition: Text | None = None
    aliases: Words | None = Field(default=None, description="Other names.")
    ontology: Text | None = None
    external_id: Text | None = None


class AreaFields(Why):
    """What is stated of an area."""

    name: Said | None = _NAMED
    modality: Text | None = None
    realizes: Words | None = Field(default=None, description="Functions.")


class DatasetFields(Why):
    """What is stated of a data set."""

    name: Said | None = _NAMED
    modalities: Words | None = None
    labels: Words | None = None
    licence: Text | None = None
    citation: Text | None = None


class TermFields(Why):
    """What is stated of a word of a dictionary."""

    definition: Text | None = None
    aliases: Words | None = Field(default=None, description="Other names.")


class NewFunction(FunctionFields):
    """A function to add, below one that is there."""

    id: PathId = Field(examples=["perception.vision.depth"])


class NewArea(AreaFields):
    """An area to add, below one that is there."""

    id: PathId = Field(examples=["visual.depth"])


class NewDataset(DatasetFields):
    """A data set to add."""

    id: Word = Field(examples=["cifar10"])


class NewTerm(TermFields):
    """A word to add."""

    id: Word = Field(examples=["CNN"])


FIELDS: Mapping[str, tuple[type[Body], type[Body]]] = {
    "function": (NewFunction, FunctionFields),
    "area": (NewArea, AreaFields),
    "dataset": (NewDataset, DatasetFields),
    "term": (NewTerm, TermFields),
}
"""What is sent to add and to edit an entry of each noun."""


class Renaming(Why):
    """The new id; what is below it moves along."""

    to: Word = Field(examples=["perception.sight"])
    name: Said | None = _NAMED


class Merging(Why):
    """What is merged with it, and the id that remains."""

    into: Word = Field(examples=["perception.vision.look"])
    others: list[Word] = Field(default_factory=list, max_length=200)
    name: Said | None = _NAMED


class Splitting(Why):
    """The parts, and what goes where."""

    parts: dict[PathId, Text] = Field(
        description="Name by id; an empty name is the last part of the id.",
        examples=[{"vision.speed": "speed", "vision.direction": "direction"}],
        min_length=2,
        json_schema_extra={"additionalProperties": False},
    )
    table: dict[str, PathId] = Field(
        default_factory=dict, description="Part by the id of a claim, model, area or child."
    )
    default: PathId | None = Field(
        default=None, description="The part of what the table leaves out."
    )


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
