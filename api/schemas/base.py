"""The two kinds of shapes: answers may carry more keys, requests may not."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """Something the server says; other keys may stand beside the documented ones."""

    model_config = ConfigDict(extra="allow")


class Body(BaseModel):
    """Something the caller says; a key that nobody reads is an error."""

    model_config = ConfigDict(extra="forbid")
