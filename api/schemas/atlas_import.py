"""Bringing an atlas in: what is said of its files, and what was or would be done."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from api.schemas.base import Answer, Body
from api.schemas.checks import Check
from ingest.atlases.volumes import THRESHOLD

Text = Annotated[str, StringConstraints(max_length=2000)]
Pair = Annotated[str, StringConstraints(pattern=r"^[^=]+=.+$", max_length=200)]


class AtlasForm(Body):
    """What the owner of the files says; what is left out is read off the files."""

    id: Text = Field(default="", description="By default from the file name.")
    name: Text = Field(default="", description="Name for people.")
    space: Text = Field(default="", examples=["MNI152NLin6Asym"])
    template: Text = Field(default="", description="Template that it was drawn on.")
    licence: Text = ""
    citation: Text = Field(default="", description="Paper to cite.")
    radius: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="Radius of every sphere in mm."
    )
    map_threshold: float = Field(
        default=THRESHOLD, ge=0, le=1, description="Least probability in a region, of 4-D maps."
    )
    columns: list[Pair] = Field(
        default=[], description="Column of the table by role; repeat.", examples=[["id=value"]]
    )
    levels: list[Text] = Field(
        default=[], description="Column that becomes an atlas, finest first; repeat."
    )
    child_of: Text = Field(default="", description="Stored atlas that is one level up.")
    accept: list[Text] = Field(default=[], description="Code of an error to accept; repeat.")
    version: bool = Field(
        default=False, description="Keep a changed atlas as a new version beside the stored one."
    )


class PlannedAtlas(Answer):
    """One atlas of an import."""

    id: str = Field(examples=["toy@2"])
    name: str
    space: str
    kind: str = Field(examples=["labels"])
    regions: int
    action: str = Field(description="create, version (beside the former one) or keep.")
    supersedes: str = Field(description="Id of the former version, or empty.")
    difference: dict[str, Any] | None = Field(description="Against the former version.")
    check: Check
    accepted: list[str] = Field(description="Codes of errors that were accepted.")


class Written(Answer):
    """How many nodes and relationships were written."""

    created: int
    changed: int
    unchanged: int


class AtlasImport(Answer):
    """All atlases of one import, coarser levels first."""

    atlases: list[PlannedAtlas]
    guesses: dict[str, Any] = Field(description="What was decided without being told.")
    dry_run: bool
    written: Written | None = Field(description="Nothing for a dry run.")


class IngestJob(Body):
    """Bring in all that comes with the project; files go to ``POST /atlases``."""

    kind: Literal["ingest"]
