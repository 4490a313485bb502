"""Evidence brought in or computed: what is asked for, and what came of it."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints

from api.schemas.base import Answer, Body
from api.server_data import PATTERN
from ingest.compute import Terms
from ingest.meta import Statistic
from ingest.studies import Talairach

ServerFolder = Annotated[str, StringConstraints(pattern=PATTERN, max_length=500)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]

MAX_TABLE = 8 * 1024**2


class ClaimsJob(Body):
    """Compute the claims of an atlas from a peak database in the server's folder ``data``."""

    kind: Literal["claims"]
    atlas: Id = Field(examples=["brainnetome246"])
    data: ServerFolder = Field(description="Folder of NeuroQuery.", examples=["neuroquery"])
    spaces: ServerFolder | None = Field(default=None, description="Folder of Neurosynth.")
    terms: Terms = "functions"
    statistic: Statistic = "cmh"
    min_studies: int = Field(default=5, ge=0, le=10**6)
    min_function_studies: int = Field(default=0, ge=0, le=10**6)
    q: float = Field(default=0.05, gt=0, le=1)
    max_mm: float = Field(default=4.0, ge=0, le=100)
    talairach: Talairach = "convert"


class NetworkClaims(Body):
    """What the functional networks of an atlas' regions say, by name or by overlap."""

    what: Literal["networks"]
    atlas: Id
    networks: Id | None = Field(
        default=None, description="Atlas of networks that hold the regions.", examples=["yeo_2011"]
    )


class BrainnetomeClaims(Body):
    """The Brainnetome × BrainMap table, from a folder in the server's folder ``data``."""

    what: Literal["brainnetome"]
    atlas: Id
    data: ServerFolder
    inference: Literal["forward", "reverse", "both"] = "forward"


class TableClaims(Body):
    """A table that somebody made, as text: tab-separated, a line a claim."""

    what: Literal["table"]
    source: Annotated[str, StringConstraints(pattern=r"^[\w.@:-]{1,100}$")]
    table: str = Field(
        max_length=MAX_TABLE,
        description="Columns region, function, statistic, value, weight and perhaps q, n_studies, "
        "citation, rationale.",
    )


ClaimsSource: TypeAlias = Annotated[
    NetworkClaims | BrainnetomeClaims | TableClaims, Field(discriminator="what")
]


class Counted(Answer):
    """What was written, or would be."""

    created: int
    changed: int
    unchanged: int


class ImportedSource(Answer):
    """What one source brought."""

    source: str
    claims: Counted
    functions: int = Field(description="Functions that its terms made.")
    skipped: int = Field(description="Rows that make no claim.")
    unmapped: list[str] = Field(description="Terms without an exact function.")


class ClaimsImport(Answer):
    """The sources of one import."""

    dry_run: bool
    sources: list[ImportedSource]
