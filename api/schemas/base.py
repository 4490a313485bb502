"""The two kinds of shapes: answers may carry more keys, requests may not."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

_HIDDEN = r"\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069"
"""Control characters, and those that make a text read otherwise than it is written."""

PLAIN = rf"^[^{_HIDDEN}]*$"
"""Of texts that are stored: nothing hidden."""

SAID = rf"^[^{_HIDDEN}]*[^{_HIDDEN}\s][^{_HIDDEN}]*$"
"""Of texts that say something: not white space alone."""

NAME = rf"^[^{_HIDDEN}\s]([^{_HIDDEN}]*[^{_HIDDEN}\s])?$"
"""Of ids that are words: no white space around them."""

PATH = rf"^[^{_HIDDEN}\s.|/]+(\.[^{_HIDDEN}\s.|/]+)*$"
"""Of ids that are paths: words with dots between them."""

IN_WORDS = {
    PLAIN: "text without control characters or marks that turn its direction",
    SAID: "text that is more than white space, without control characters",
    NAME: "a word or words without white space around them and without control characters",
    PATH: "words with dots between them, without white space, / and |",
}
"""What a text that does not fit a pattern is told."""


class Answer(BaseModel):
    """Something the server says; other keys may stand beside the documented ones."""

    model_config = ConfigDict(extra="allow")


MAX_KEYS = 1000
"""No body has so many; each unknown one would be an error of its own, and take its time."""


class Body(BaseModel):
    """Something the caller says; a key that nobody reads is an error."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _few_keys(cls, data: Any) -> Any:  # noqa: ANN401 - pydantic passes anything
        if isinstance(data, dict) and len(data) > MAX_KEYS:
            raise ValueError(f"an object of at most {MAX_KEYS} fields")
        return data


class Explanation(Answer):
    """What `?explain=query` answers: where a table comes from, and how to ask for it again."""

    statements: list[dict[str, Any]] = Field(description="name, Cypher and parameters of each.")
    python: str
    http: str
