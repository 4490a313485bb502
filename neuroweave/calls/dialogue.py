"""A dialogue with the server: what is sent and what is made of the answer, without any transport.

Every call of the client is a small generator: it yields what to send, is handed what came back,
and returns the result. ``neuroweave.client`` runs the same dialogues over a blocking and an
asynchronous connection.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import quote

if TYPE_CHECKING:
    import pandas as pd

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Ask:
    """One request; ``raw`` answers are bytes instead of JSON.

    What is sent is ``json``, a form (``data``, ``files``), or ``content`` of the type that the
    headers say.
    """

    method: str
    path: str
    params: dict[str, Any] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    data: dict[str, Any] | None = None
    files: list[tuple[str, tuple[str, bytes]]] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Watch:
    """Follow the events of a job until it is over."""

    job: str
    on_event: Callable[[dict[str, Any]], None]


Result = TypeVar("Result")
Dialogue: TypeAlias = Generator[Ask | Watch, Any, Result]
Record: TypeAlias = str | Mapping[str, Any]
"""A record as it was read, or its id."""


class Answer(dict[str, Any]):
    """A JSON object; :meth:`frame` gives one of its lists as a table.

    >>> Answer(regions=[{"id": "a:1", "weight": 1.0}]).frame("regions").shape
    (1, 2)
    """

    def frame(self, key: str) -> pd.DataFrame:
        """Return the list under ``key`` as a pandas frame, one row an item."""
        return frame(self[key])


class JobFailedError(RuntimeError):
    """A build that was waited for did not succeed; ``job`` holds all that is known."""

    def __init__(self, job: Mapping[str, Any]) -> None:
        self.job = dict(job)
        reason = (job.get("problem") or {}).get("detail") or job.get("status")
        super().__init__(f"job {job.get('id')}: {reason}")


def table(
    path: str, limit: int | None, query: Mapping[str, Any] | None = None
) -> Dialogue[pd.DataFrame]:
    """Follow the pages of a list."""
    items: list[dict[str, Any]] = []
    after: str | None = None
    while limit is None or len(items) < limit:
        size = PAGE if limit is None else min(PAGE, limit - len(items))
        page = yield Ask("GET", path, given(**(query or {}), limit=size, after=after))
        items += page["items"]
        after = page["next"]
        if after is None:
            break
    return frame(items)


def one(collection: str, id: str) -> Dialogue[Answer]:
    """Ask for one thing by its id."""
    return Answer((yield Ask("GET", address(collection, id))))


def address(collection: str, id: str) -> str:
    """Join a collection and an id, which may hold any character."""
    return f"{collection}/{quote(id, safe='')}"


def condition(record: Record, expected: str | None, *, needed: bool = True) -> dict[str, str]:
    """Headers that say which state is changed: ``expected``, or the one that the record has.

    Raises:
        ValueError: nothing says it, though it is needed.
    """
    if not isinstance(record, str):
        expected = expected or record["digest"]
    if expected is None:
        if not needed:
            return {}
        raise ValueError(
            "say which state this changes: pass the record as it was read, or its digest as "
            "expected; expected='*' overwrites whatever it is now"
        )
    return {"If-Match": "*" if expected == "*" else '"' + expected.strip('"') + '"'}


def given(**values: Any) -> dict[str, Any]:  # noqa: ANN401
    """Keep what was said: everything that is not None."""
    return {key: value for key, value in values.items() if value is not None}


def frame(items: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Make a table, one row an item."""
    import pandas as pd

    return pd.DataFrame([dict(item) for item in items])


def upload(image: Any) -> tuple[str, bytes]:  # noqa: ANN401 - a path or an image
    """Name and content of a file to send."""
    if hasattr(image, "to_bytes"):
        return "map.nii", image.to_bytes()
    path = Path(image)
    return path.name, path.read_bytes()


def plain(value: Any) -> Any:  # noqa: ANN401 - arrays become lists
    """Make arrays lists; other values stay."""
    return value.tolist() if hasattr(value, "tolist") else value
