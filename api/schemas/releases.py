"""Releases: the graph as plain text with a digest."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.schemas.base import PLAIN, Answer, Body


class ReleaseFile(Answer):
    """One file of a release."""

    sha256: str
    bytes: int
    rows: int | None = Field(description="Records in a table; null for other files.")


class Release(Answer):
    """What a release says of itself; it holds no time and no place."""

    id: str = Field(examples=["v2026.11"])
    digest: str = Field(description="sha256 of the content, the same on every server.")
    counts: dict[str, int] = Field(description="Records of each kind.")
    files: dict[str, ReleaseFile]
    licences: list[dict[str, Any]] = Field(description="Of each source, with its terms.")
    binding: list[str] = Field(description="Share-alike licences that bind the whole.")
    unstated: list[str] = Field(description="Sources that state no licence.")
    left_out: list[str] = Field(description="Sources that were left out.")
    conflicts: list[dict[str, Any]] = Field(description="Licences that do not go together.")
    volumes: list[dict[str, Any]] = Field(description="Voxels, and whether they are inside.")
    format: int


class ReleaseRequest(Body):
    """Which release to make of the graph as it is now."""

    id: str = Field(examples=["v2026.11"], max_length=64)
    without: list[str] = Field(
        default_factory=list,
        description="Sources to leave out, by id or by a term of their licences.",
        examples=[["noncommercial"]],
        max_length=1000,
    )
    policy: Literal["refuse", "note"] = Field(
        default="refuse", description="What to do about licences that do not go together."
    )
    volumes: bool = Field(default=False, description="Take along voxels, where that is allowed.")
    title: str = Field(default="", description="For the citation.", max_length=500, pattern=PLAIN)
