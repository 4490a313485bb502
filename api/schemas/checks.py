"""What the checks of an atlas found."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Answer


class Finding(Answer):
    """One thing that was found, however often."""

    code: str = Field(examples=["SWAPPED_SIDES"])
    count: int = Field(description="How often it was found.")
    examples: list[str] = Field(description="The first few.")
    hint: str = Field(description="What to do.")


class Check(Answer):
    """All findings about one atlas, by severity."""

    atlas: str = Field(examples=["seitzman300"])
    errors: list[Finding] = Field(description="What makes answers wrong.")
    warnings: list[Finding] = Field(description="What makes them doubtful.")
    notes: list[Finding] = Field(description="What is good to know.")
