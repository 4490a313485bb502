"""Who is asking."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.access.caller import Scope
from api.schemas.base import Answer


class Session(Answer):
    """The caller as the server sees them."""

    id: str = Field(examples=["ada"], description="Written as `by` into what the caller changes.")
    scope: Scope | None = Field(description="What the caller may do; null: public routes only.")
    via: Literal["local", "anonymous", "key", "session", "oidc"]
