"""Bring an atlas in from its files, or all that comes with the project, as a job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atlas.errors import InvalidInput
from atlas.progress import Progress, silent
from graph.store import Store
from ingest.atlases import bring_in
from ingest.atlases.candidates import Description, Reading, read_candidate

if TYPE_CHECKING:
    from jobs.context import JobContext


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """Which files, what their owner says of them, and how strictly they are judged.

    Without files it is the import of everything built in. ``levels``, ``child_of``, ``accept`` and
    ``version`` are as in ``POST /atlases``.
    """

    volume: Path | None = None
    labels: Path | None = None
    said: Description = field(default_factory=Description)
    levels: tuple[str, ...] = ()
    child_of: str = ""
    accept: tuple[str, ...] = ()
    version: bool = False

    @property
    def builtin(self) -> bool:
        """Whether it asks for what comes with the project."""
        return self.volume is None and self.labels is None

    def reading(self) -> Reading:
        """Read the files.

        Raises:
            InvalidInput: no files, or as :func:`ingest.atlases.candidates.read_candidate`.
        """
        if self.volume is not None:
            return read_candidate(self.volume, self.labels, self.said)
        if self.labels is None:
            raise InvalidInput("volume", found="no file", expected="a volume, a table, or both")
        return read_candidate(self.labels, None, self.said)

    def to_dict(self) -> dict[str, Any]:
        """JSON form; an import of what is built in is empty."""
        files = {"volume": self.volume, "labels": self.labels}
        plain: dict[str, Any] = {key: str(path) for key, path in files.items() if path is not None}
        if self.builtin:
            return plain
        rest = ("levels", "child_of", "accept", "version")
        return {**plain, **{key: getattr(self, key) for key in rest}, "said": asdict(self.said)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> IngestRequest:
        """Inverse of :meth:`to_dict`; what is missing takes its default.

        Raises:
            InvalidInput: a key that does not exist.
        """
        own = [one.name for one in fields(cls)]
        if unknown := sorted(set(data) - set(own)):
            raise InvalidInput("ingest", found=unknown[0], expected=", ".join(own))
        given = {key: value for key, value in data.items() if value is not None}
        for key in ("volume", "labels"):
            if key in given:
                given[key] = Path(given[key])
        for key in ("levels", "accept"):
            given[key] = tuple(given.get(key, ()))
        return cls(**{**given, "said": Description(**given.get("said", {}))})


def run(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Run as a job (see ``jobs.kinds``).

    What was written before an interruption is found as stored and kept, so an attempt goes on
    where the last one was cut off.
    """
    request = IngestRequest.from_dict(payload)
    with Store.open(context.store_config) as store:
        if request.builtin:
            return {"builtin": import_builtin(store, context.progress)}
        return run_ingest(store, request, by=context.job.by, progress=context.progress)


def run_ingest(
    store: Store,
    request: IngestRequest,
    *,
    by: str,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Judge the files, compare them with what is stored, and write them.

    Returns:
        ``{"atlases": […], "guesses", "dry_run", "written": {"created", "changed", "unchanged"}}``
        with ``written`` None in a dry run.

    Raises:
        InvalidInput: the files do not fit, or have errors that are not accepted.
        Conflict: a stored atlas differs, and no version was asked for.
    """
    say = progress or silent
    say("reading", 0.0)
    reading = request.reading()
    say("checking", 0.4)
    plan = bring_in.plan(
        store, reading, levels=request.levels, parent=request.child_of, accept=request.accept
    )
    counts = None
    if not dry_run:
        say("writing", 0.7)
        counts = asdict(bring_in.write(store, plan, by=by, versions=request.version))
    say("done", 1.0)
    return {**plan.to_dict(), "dry_run": dry_run, "written": counts}


def import_builtin(store: Store, progress: Progress) -> dict[str, dict[str, int]]:
    """Write all that comes with the project; counts as of :func:`ingest.load.load_builtin`."""
    from composer.library import register_models
    from ingest.load import load_builtin

    report = load_builtin(store, progress=progress)
    register_models(store)
    return report
