"""The errors a person meets: which field, what was found, what was expected."""

from __future__ import annotations


class NeuroweaveError(Exception):
    """Something that can be said to a person in one sentence.

    ``status`` is the HTTP status the same error has over the API and ``code`` a stable word for
    programs. The command line exits with 2 for the user's mistakes (status 4xx) and 1 for ours.

    >>> str(InvalidInput("space", found="MNI305", expected="one of MNI152, Talairach"))
    'space: found MNI305, expected one of MNI152, Talairach'
    """

    status = 500
    code = "internal"

    def __init__(
        self,
        field: str,
        *,
        found: object = None,
        expected: str = "",
        hint: str = "",
    ) -> None:
        self.field = field
        self.found = found
        self.expected = expected
        self.hint = hint
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        parts = []
        if self.found is not None:
            parts.append(f"found {self.found}")
        if self.expected:
            parts.append(f"expected {self.expected}")
        text = f"{self.field}: {', '.join(parts)}" if parts else self.field
        return f"{text} ({self.hint})" if self.hint else text


class InvalidInput(NeuroweaveError):  # noqa: N818 - read as sentences
    """A value that the caller gave cannot be used."""

    status = 422
    code = "invalid-input"


class NotFound(NeuroweaveError):  # noqa: N818 - read as sentences
    """The named thing is not in the store."""

    status = 404
    code = "not-found"


class Conflict(NeuroweaveError):  # noqa: N818 - read as sentences
    """The request contradicts what is already there."""

    status = 409
    code = "conflict"


class Forbidden(NeuroweaveError):  # noqa: N818 - read as sentences
    """The request is understood and refused."""

    status = 403
    code = "forbidden"


class Unavailable(NeuroweaveError):  # noqa: N818 - read as sentences
    """A part we depend on (database, port, disk, directory) cannot be used right now."""

    status = 503
    code = "unavailable"
