"""Compute the evidence of an atlas from the user's copy of a database, and put it in the graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atlas.errors import InvalidInput
from atlas.model import Claim, Counts
from atlas.progress import Progress, silent
from composer.activation import load_atlas
from graph import claims, matrices, sources
from graph.store import Row, Store
from ingest.compute import Computed, Folders, Options, compute

if TYPE_CHECKING:
    from jobs.context import JobContext


_COUNTS = ("both", "region_only", "function_only", "neither")
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """Which atlas, which data on this machine, and how; see :class:`ingest.compute.Options`."""

    atlas: str
    data: Path
    spaces: Path | None = None
    options: Options = field(default_factory=Options)

    def to_dict(self) -> dict[str, Any]:
        """JSON form, the options' keys beside the rest."""
        spaces = str(self.spaces) if self.spaces else None
        return {
            "atlas": self.atlas,
            "data": str(self.data),
            "spaces": spaces,
            **asdict(self.options),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ClaimsRequest:
        """Inverse of :meth:`to_dict`; what is missing takes its default.

        Raises:
            InvalidInput: no atlas or no data, or an option that does not exist.
        """
        own = {one.name for one in fields(Options)}
        if unknown := sorted(set(data) - own - {"atlas", "data", "spaces"}):
            expected = ", ".join(sorted({"atlas", "data", "spaces", *own}))
            raise InvalidInput("claims", found=unknown[0], expected=expected)
        for name in ("atlas", "data"):
            if not data.get(name):
                raise InvalidInput(name, found="nothing", expected="a value")
        options = Options(**{k: data[k] for k in own if data.get(k) is not None})
        spaces = Path(data["spaces"]) if data.get("spaces") else None
        return cls(data["atlas"], Path(data["data"]), spaces, options)


def run(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Run as a job (see ``jobs.kinds``)."""
    with Store.open(context.store_config) as store:
        request = ClaimsRequest.from_dict(payload)
        return run_claims(store, request, context.progress, by=context.job.by)


def run_claims(
    store: Store, request: ClaimsRequest, progress: Progress | None = None, *, by: str = "claims"
) -> dict[str, Any]:
    """Compute and store; a second run with the same data and options changes nothing.

    Claims of a former run that the new options no longer support are rejected, with the reason,
    and count in no link any more.

    Returns:
        ``{"atlas", "source", "n_studies", "n_peaks", "cleaning", "claims": {"computed",
        "created", "changed", "unchanged", "rejected"}, "matrices": [{"source", "vocabulary",
        "n_regions", "n_functions", "written"}]}``

    Raises:
        NotFound: no such atlas.
        InvalidInput: a file is missing or does not fit.
    """
    say = progress or silent
    atlas = load_atlas(store, request.atlas)
    folders = Folders.find(request.data, request.spaces)
    found = compute(atlas, folders, request.options, lambda m, f: say(m, 0.6 * f))
    stale = list(_no_longer(store, found))
    say(f"writing {len(found.claims):,} claims", 0.6)
    report = claims.put(store, found.source, [*found.claims, *stale], by=by)
    written = []
    for source, matrix in found.matrices:
        say(f"writing the matrix of {len(matrix.functions):,} {matrix.vocabulary}", 0.9)
        put = matrices.put(store, matrix, source, by=by)
        written.append(
            {
                "source": source.id,
                "vocabulary": matrix.vocabulary,
                "n_regions": len(matrix.regions),
                "n_functions": len(matrix.functions),
                "written": bool(put.written),
            }
        )
    say("done", 1.0)
    return {
        "atlas": atlas.id,
        "source": found.source.id,
        "n_studies": found.n_studies,
        "n_peaks": found.n_peaks,
        "cleaning": found.cleaning,
        "claims": {"computed": len(found.claims), **asdict(report), "rejected": len(stale)},
        "matrices": written,
    }


def _no_longer(store: Store, found: Computed) -> Iterator[Claim]:
    """Accepted claims of the source that were not computed again, as rejected ones."""
    if all(row["id"] != found.source.id for row in sources.list_sources(store)):
        return
    current = {claim.id for claim in found.claims}
    after: str | None = None
    while True:
        rows, after = claims.list_claims(
            store, source=found.source.id, status="accepted", limit=_PAGE, after=after
        )
        yield from (_rejected(row) for row in rows if row["id"] not in current)
        if after is None:
            return


def _rejected(row: Row) -> Claim:
    has_counts = row["both"] is not None
    return Claim(
        id=row["id"],
        region=row["region"],
        function=row["function"],
        source=row["source"],
        statistic=row["statistic"],
        value=row["value"],
        weight=row["weight"],
        q=row["q"],
        lower=row["lower"],
        counts=Counts(*(row[name] for name in _COUNTS)) if has_counts else None,
        n_studies=row["n_studies"],
        status="rejected",
        inference=row["inference"],
        rationale="not supported when computed again with other options or data",
        citation=row["citation"],
    )
