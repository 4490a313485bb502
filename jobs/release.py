"""Make a release of the graph, on the shelf of the data directory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from atlas.errors import InvalidInput
from atlas.progress import Progress, silent
from graph.releases.create import AUTHORS, LicencePolicy, create
from graph.releases.manifest import check_id
from graph.releases.shelf import Shelf
from graph.store import Store

if TYPE_CHECKING:
    from jobs.context import JobContext


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """What :func:`graph.releases.create.create` is asked for."""

    id: str
    without: tuple[str, ...] = ()
    policy: LicencePolicy = "refuse"
    volumes: bool = False
    authors: tuple[str, ...] = AUTHORS
    title: str = ""

    def __post_init__(self) -> None:
        check_id(self.id)
        if self.policy not in ("refuse", "note"):
            raise InvalidInput("policy", found=repr(self.policy), expected="refuse or note")

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self) | {"without": list(self.without), "authors": list(self.authors)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ReleaseRequest:
        """Inverse of :meth:`to_dict`; what is missing takes its default.

        Raises:
            InvalidInput: no id, or something it does not know.
        """
        known = {one.name for one in fields(cls)}
        if unknown := sorted(set(data) - known):
            raise InvalidInput("release", found=unknown[0], expected=", ".join(sorted(known)))
        if not data.get("id"):
            raise InvalidInput("id", found="nothing", expected="a name such as v2026.11")
        plain = dict(data)
        for name in ("without", "authors"):
            if name in plain:
                plain[name] = tuple(plain[name])
        return cls(**plain)


def run(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Run as a job (see ``jobs.kinds``); a second attempt finds what the first has finished."""
    with Store.open(context.store_config) as store:
        return run_release(store, ReleaseRequest.from_dict(payload), context.progress)


def run_release(
    store: Store, request: ReleaseRequest, progress: Progress | None = None
) -> dict[str, Any]:
    """Write the release to the shelf; the same again changes nothing.

    Returns:
        ``{"release", "digest", "counts", "left_out", "binding", "unstated",
        "conflicts"}``

    Raises:
        Conflict: licences do not go together, or another release has this id.
    """
    say = progress or silent
    say(f"writing release {request.id}", 0.1)
    made = create(
        store,
        request.id,
        Shelf.at(store.config.home).folder(request.id),
        without=request.without,
        policy=request.policy,
        volumes=request.volumes,
        authors=request.authors,
        title=request.title,
    )
    say("done", 1.0)
    return {
        "release": made.id,
        "digest": made.digest,
        "counts": made.counts,
        "left_out": made.left_out,
        "binding": made.binding,
        "unstated": made.unstated,
        "conflicts": made.conflicts,
    }
