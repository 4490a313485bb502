"""Edits of claims and model links, their review, and the history of all records."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, FiniteFloat, model_validator

from api.schemas.base import PLAIN, Answer, Body
from api.schemas.library import Revision
from graph.statements import MAX_TEXT

Weight = Annotated[FiniteFloat, Field(strict=True, gt=0, le=1, examples=[0.6])]
_CITATION = Field(
    default=None, max_length=300, description="A DOI or a PubMed id.", examples=["PMID:21706013"]
)
_RATIONALE = Field(
    default=None, max_length=MAX_TEXT, pattern=PLAIN, examples=["seen in our own data"]
)
_COMMENT = Field(
    default=None, max_length=MAX_TEXT, pattern=PLAIN, description="A remark that goes along."
)
_ID = 300


class ClaimToAdd(Body):
    """That a region has a function, how strongly, and why one may say so."""

    region: str = Field(max_length=_ID, examples=["dosenbach160:1"])
    function: str = Field(max_length=_ID, examples=["perception.vision.motion"])
    weight: Weight
    rationale: str = Field(max_length=MAX_TEXT, pattern=PLAIN, examples=["seen in our own data"])
    citation: str = Field(max_length=300, examples=["10.1038/nmeth.1635"])
    status: Literal["proposed", "accepted"] | None = Field(
        default=None,
        description="Accepted takes a reviewer who may accept their own; without it: what you may.",
    )
    comment: str | None = _COMMENT


class Change(Body):
    """What is to change; at least one of it."""

    weight: Weight | None = None
    rationale: str | None = _RATIONALE
    citation: str | None = _CITATION
    comment: str | None = _COMMENT

    @model_validator(mode="after")
    def _something(self) -> Change:
        if all(value is None for value in self.model_dump().values()):
            raise ValueError(f"at least one of {', '.join(type(self).model_fields)}")
        return self


class ModelLinkToAdd(Body):
    """That a model suits a region, or must not be used for it."""

    region: str = Field(max_length=_ID, examples=["dosenbach160:1"])
    model: str = Field(max_length=_ID, examples=["lenet5-image"])
    allow: bool = Field(default=True, description="false: a build never takes this model here.")
    weight: Weight | None = None
    rationale: str = Field(
        max_length=MAX_TEXT, pattern=PLAIN, examples=["its taps resemble this region's code"]
    )
    citation: str | None = _CITATION
    status: Literal["proposed", "accepted"] | None = None
    comment: str | None = _COMMENT


class ModelLinkChange(Change):
    """What is to change of a link; turning `allow` asks for a rationale."""

    allow: bool | None = Field(default=None, description="false: forbid the model here.")


class Review(Body):
    """A reviewer's word on a proposal, or on what was accepted before."""

    decision: Literal["accept", "reject", "restore"] = Field(
        description="restore takes a rejection back: a claim of a source counts again, what a "
        "person stated is a proposal again."
    )
    comment: str | None = _COMMENT


class CommentToAdd(Body):
    """Something to say about a record."""

    text: str = Field(
        min_length=1, max_length=MAX_TEXT, pattern=PLAIN, examples=["holds on the left side only"]
    )


class Comment(Answer):
    """What somebody said about a record."""

    id: str
    by: str
    text: str
    at: str


class ModelLink(Answer):
    """What a person states of a region and a model."""

    id: str = Field(description="region|model", examples=["dosenbach160:1|lenet5-image"])
    region: str
    model: str
    allow: bool
    weight: float
    rationale: str | None = None
    citation: str | None = None
    status: str = Field(description="proposed, accepted or rejected.")
    proposed_by: str | None = None
    reviewed_by: str | None = None
    digest: str = Field(description="Of its content; in quotes it is the ETag.")


class Difference(Answer):
    """A record before and after."""

    record: str = Field(default="", description="noun:id", examples=["claim:c1"])
    noun: str = Field(examples=["claim"])
    id: str
    change: Literal["created", "changed", "withdrawn"]
    fields: dict[str, list[Any]] = Field(
        description="name: [before, after]", examples=[{"weight": [0.6, 0.4]}]
    )


class RevisionDetail(Revision):
    """A revision and what it changed."""

    changes: list[Difference] = Field(description="In order of noun and id.")
    truncated: bool = Field(description="Whether there are more; /revisions/diff has all.")


class Undo(Body):
    """Why."""

    reason: str = Field(
        default="", max_length=MAX_TEXT, pattern=PLAIN, examples=["the wrong table"]
    )


class Undone(Answer):
    """The new revision, and the one whose changes it took back."""

    seq: int
    undone: int


class EditRow(Body):
    """One edit of many."""

    action: str = Field(default="", examples=["add_claim"])
    noun: Literal["claim", "model_link"] | None = None
    id: str | None = None
    region: str | None = None
    function: str | None = None
    model: str | None = None
    weight: Annotated[FiniteFloat, Field(strict=True)] | None = None
    rationale: str | None = None
    citation: str | None = None
    status: Literal["proposed", "accepted"] | None = None
    comment: str | None = None
    expected: str | None = Field(default=None, description="Digest of the record as read.")


class EditFault(Answer):
    """What stands against a row."""

    row: int
    code: str = Field(examples=["not-found"])
    field: str
    found: str | None
    expected: str
    hint: str


class RowDifference(Answer):
    """What a row does to a record."""

    row: int
    noun: str
    id: str
    change: Literal["created", "changed"]
    fields: dict[str, list[Any]]


class EditReport(Answer):
    """What edits do, or would do with `dry_run`."""

    dry_run: bool
    rows: int
    seq: int | None = Field(description="The revision; null where nothing was written.")
    would: list[RowDifference]
    problems: list[EditFault]
    unknown: list[int] = Field(description="Rows about what is not in the graph.")
    conflicts: list[int] = Field(description="Rows against the stored state or one another.")
    columns: dict[str, str] = Field(description="What each column of a table was taken for.")
    ignored: list[str] = Field(description="Columns that were taken for nothing.")
