"""What each method of the client asks and what it makes of the answer, without any transport.

Every function here is a small dialogue: it yields what to send, is handed what came back, and
returns the result. ``neuroweave.client`` runs the same dialogues over a blocking and an
asynchronous connection.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256 as digest
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import quote

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

PAGE = 1000
Peaks: TypeAlias = Iterable[Sequence[float] | Mapping[str, Any]]
Progress: TypeAlias = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Ask:
    """One request; ``raw`` answers are bytes instead of JSON."""

    method: str
    path: str
    params: dict[str, Any] = field(default_factory=dict)
    json: Any = None
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


class Answer(dict[str, Any]):
    """A JSON object; :meth:`frame` gives one of its lists as a table.

    >>> Answer(regions=[{"id": "a:1", "weight": 1.0}]).frame("regions").shape
    (1, 2)
    """

    def frame(self, key: str) -> pd.DataFrame:
        """Return the list under ``key`` as a pandas frame, one row an item."""
        return _frame(self[key])


class JobFailedError(RuntimeError):
    """A build that was waited for did not succeed; ``job`` holds all that is known."""

    def __init__(self, job: Mapping[str, Any]) -> None:
        self.job = dict(job)
        reason = (job.get("problem") or {}).get("detail") or job.get("status")
        super().__init__(f"job {job.get('id')}: {reason}")


def health() -> Dialogue[Answer]:
    """Tell whether the server is up, which database it uses and its version."""
    return Answer((yield Ask("GET", "/health")))


def stats() -> Dialogue[Answer]:
    """Count nodes by label and relationships by type."""
    return Answer((yield Ask("GET", "/stats")))


def atlases(limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the atlases."""
    return (yield from _table("/atlases", limit))


def atlas(id: str) -> Dialogue[Answer]:
    """Show one atlas."""
    return (yield from _one("/atlases", id))


def check_atlas(id: str) -> Dialogue[Answer]:
    """Judge an atlas: errors, warnings and notes, each with code, count, examples and hint."""
    return Answer((yield Ask("GET", _path("/atlases", id) + "/check")))


def import_atlas(
    volume: Any = None,  # noqa: ANN401 - a path, or an image of any nibabel class
    labels: str | Path | None = None,
    *,
    id: str | None = None,
    name: str | None = None,
    space: str | None = None,
    template: str | None = None,
    licence: str | None = None,
    citation: str | None = None,
    radius: float | None = None,
    columns: Mapping[str, str] | None = None,
    levels: Sequence[str] = (),
    child_of: str | None = None,
    accept: Sequence[str] = (),
    version: bool = False,
    dry_run: bool = False,
) -> Dialogue[Answer]:
    """Bring in an atlas; it is judged first, and the same again changes nothing.

    Args:
        volume: a label volume: a .nii or .nii.gz file, or a nibabel image.
        labels: its table of names; without a volume a table of coordinates.
        id: id of the atlas; from the file name if not said.
        name: name for people.
        space: space of the coordinates, where the files do not say it.
        template: template that it was drawn on.
        licence: its licence.
        citation: paper to cite.
        radius: radius of every sphere in mm, where the table has none.
        columns: columns of the table by role (``{"id": "value"}``).
        levels: columns that become atlases, finest first.
        child_of: stored atlas that is one level up.
        accept: codes of errors to accept.
        version: keep a changed atlas beside the stored one; otherwise it is refused.
        dry_run: judge and compare only.

    Returns:
        ``atlases`` with action, difference and check of each, ``guesses``, ``written``.
    """
    fields = _given(id=id, name=name, space=space, template=template, licence=licence,
                    citation=citation, radius=radius, child_of=child_of)  # fmt: skip
    fields["columns"] = [f"{role}={column}" for role, column in (columns or {}).items()]
    fields |= {"levels": list(levels), "accept": list(accept), "version": version}
    sent = {"volume": volume, "labels": labels}
    files = [(key, _file(file)) for key, file in sent.items() if file is not None]
    query = {"dry_run": dry_run}
    return Answer((yield Ask("POST", "/atlases", query, data=fields, files=files)))


def regions(
    atlas: str | None = None,
    q: str | None = None,
    function: str | None = None,
    near: Sequence[float] | None = None,
    radius_mm: float | None = None,
    limit: int | None = None,
) -> Dialogue[pd.DataFrame]:
    """Search regions.

    Args:
        atlas: of this atlas only.
        q: words of the name.
        function: regions linked to this function.
        near: x, y, z in mm; the nearest come first.
        radius_mm: only within this distance of ``near``.
        limit: rows at most; all of them if not said.
    """
    place = None if near is None else ",".join(f"{float(value):g}" for value in near)
    query = {"atlas": atlas, "q": q, "function": function, "near": place, "radius_mm": radius_mm}
    return (yield from _table("/regions", limit, query))


def region(id: str) -> Dialogue[Answer]:
    """Show one region."""
    return (yield from _one("/regions", id))


def region_functions(id: str, limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the functions of a region with weights, claims and sources."""
    return (yield from _table(_path("/regions", id) + "/functions", limit))


def connections(id: str, limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the regions that a region is connected to."""
    return (yield from _table(_path("/regions", id) + "/connections", limit))


def neighbours(id: str, limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the regions of its atlas that share a border with a region."""
    return (yield from _table(_path("/regions", id) + "/neighbours", limit))


def overlaps(
    atlas: str, other: str, region: str | None = None, limit: int | None = None
) -> Dialogue[pd.DataFrame]:
    """List how the regions of an atlas overlap those of another: Dice, both containments, a word.

    ``region`` asks for one region of ``atlas``.
    """
    query = {"with": other, "region": region}
    return (yield from _table(_path("/atlases", atlas) + "/overlaps", limit, query))


def functions(q: str | None = None, limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the function tree, or search it by words."""
    return (yield from _table("/functions", limit, {"q": q}))


def function(id: str) -> Dialogue[Answer]:
    """Show one function."""
    return (yield from _one("/functions", id))


def function_regions(
    id: str, descendants: bool = True, limit: int | None = None
) -> Dialogue[pd.DataFrame]:
    """List the regions that have a function, also of the functions below it if not told else."""
    query = {"descendants": descendants}
    return (yield from _table(_path("/functions", id) + "/regions", limit, query))


def areas(limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the functional areas."""
    return (yield from _table("/areas", limit))


def links(
    region: str | None = None, function: str | None = None, limit: int | None = None
) -> Dialogue[pd.DataFrame]:
    """List region-function links with their weights and sources."""
    return (yield from _table("/links", limit, {"region": region, "function": function}))


def claims(
    region: str | None = None,
    function: str | None = None,
    source: str | None = None,
    limit: int | None = None,
) -> Dialogue[pd.DataFrame]:
    """List what each source claims, with its own statistic and value."""
    query = {"region": region, "function": function, "source": source}
    return (yield from _table("/claims", limit, query))


def locate(
    x: float, y: float, z: float, atlas: str | None = None, space: str | None = None
) -> Dialogue[Answer]:
    """Say which region holds a coordinate (mm) and which one is nearest."""
    query = _given(x=x, y=y, z=z, atlas=atlas, space=space)
    return Answer((yield Ask("GET", "/locate", query)))


def activate(
    *,
    map: Any = None,  # noqa: ANN401 - a path, or an image of any nibabel class
    peaks: Peaks | None = None,
    regions: Sequence[str] | None = None,
    functions: Sequence[str] | None = None,
    scenario: str | None = None,
    atlas: str | None = None,
    space: str | None = None,
    threshold: float | None = None,
    top: float | None = None,
    fdr: float | None = None,
    unthresholded: bool | None = None,
    sign: str | None = None,
    masks: Sequence[Any] | None = None,
    score: str | None = None,
) -> Dialogue[Answer]:
    """Find what is active. Give exactly one of the first five, or masks.

    Args:
        map: a statistical map: a .nii or .nii.gz file, or a nibabel image.
        peaks: coordinates in mm, ``(x, y, z)`` or ``(x, y, z, value)``.
        regions: ids or names of regions.
        functions: ids of functions.
        scenario: id of a stored scenario.
        atlas: the atlas to decode in.
        space: the space of the peaks (MNI152 if not said) or images (the atlas' own).
        threshold: for maps: what exceeds this is active.
        top: or the strongest per cent.
        fdr: or a false discovery rate, if the values are z.
        unthresholded: or the whole map, correlated with the evidence for each function.
        sign: for maps: positive, negative or both.
        masks: masks of regions of interest: files, or nibabel images.
        score: how functions are ranked, ``sum`` or ``correlation``; the one that fits if not said.

    Returns:
        Atlas, space, regions, outside, functions, areas, models; ``.frame("regions")`` is a table.
    """
    return Answer((yield _post("/activations", _inputs(**locals()))))


def export(
    path: str | Path,
    format: str = "graphml",
    *,
    map: Any = None,  # noqa: ANN401 - see activate
    peaks: Peaks | None = None,
    regions: Sequence[str] | None = None,
    functions: Sequence[str] | None = None,
    scenario: str | None = None,
    atlas: str | None = None,
    space: str | None = None,
    threshold: float | None = None,
    top: float | None = None,
    fdr: float | None = None,
    unthresholded: bool | None = None,
    sign: str | None = None,
    masks: Sequence[Any] | None = None,
    score: str | None = None,
) -> Dialogue[Path]:
    """Save an activation as a file; takes what ``activate`` takes.

    ``format`` is ``graphml`` (the network of the active regions), ``csv`` (the regions), ``nifti``
    (a map of their weights) or ``dseg`` (a zipped BIDS segmentation with its table).
    """
    options = _inputs(**locals())
    target = Path(path)
    target.write_bytes((yield _export(options, format)))
    return target


def to_networkx(
    *,
    map: Any = None,  # noqa: ANN401 - see activate
    peaks: Peaks | None = None,
    regions: Sequence[str] | None = None,
    functions: Sequence[str] | None = None,
    scenario: str | None = None,
    atlas: str | None = None,
    space: str | None = None,
    threshold: float | None = None,
    top: float | None = None,
    fdr: float | None = None,
    unthresholded: bool | None = None,
    sign: str | None = None,
    masks: Sequence[Any] | None = None,
    score: str | None = None,
) -> Dialogue[nx.Graph]:
    """Get the network of an activation as a networkx graph; takes what ``activate`` takes.

    Nodes are the active regions with weight, degree, strength, betweenness and community, edges
    the stored connections among them.
    """
    import networkx

    content = yield _export(_inputs(**locals()), "graphml")
    return networkx.parse_graphml(content.decode())


def plan(
    *,
    map: Any = None,  # noqa: ANN401 - see activate
    peaks: Peaks | None = None,
    regions: Sequence[str] | None = None,
    functions: Sequence[str] | None = None,
    scenario: str | None = None,
    atlas: str | None = None,
    space: str | None = None,
    threshold: float | None = None,
    top: float | None = None,
    fdr: float | None = None,
    unthresholded: bool | None = None,
    sign: str | None = None,
    masks: Sequence[Any] | None = None,
    score: str | None = None,
) -> Dialogue[Answer]:
    """Plan the network of an activation, without training; takes what ``activate`` takes."""
    return Answer((yield _post("/plans", _inputs(**locals()))))


def build(
    *,
    map: Any = None,  # noqa: ANN401 - see activate
    peaks: Peaks | None = None,
    regions: Sequence[str] | None = None,
    functions: Sequence[str] | None = None,
    scenario: str | None = None,
    atlas: str | None = None,
    space: str | None = None,
    threshold: float | None = None,
    top: float | None = None,
    fdr: float | None = None,
    unthresholded: bool | None = None,
    sign: str | None = None,
    masks: Sequence[Any] | None = None,
    score: str | None = None,
    dataset: str | None = None,
    trials: int | None = None,
    sampler: str | None = None,
    seed: int | None = None,
    fresh: bool | None = None,
    wait: bool = True,
    progress: Progress | None = None,
    idempotency_key: str | None = None,
) -> Dialogue[Answer]:
    """Build a network from an activation; takes what ``activate`` takes, and how to search.

    With ``wait`` it comes back with the result, and ``progress`` is called with a message and the
    fraction done; otherwise with the job, which goes on by itself. Submitting again under the same
    ``idempotency_key`` gives the same job.

    Raises:
        JobFailedError: the job that was waited for failed or was cancelled.
    """
    options = {"kind": "build", **_inputs(**locals())}
    options |= _given(dataset=dataset, trials=trials, sampler=sampler, seed=seed, fresh=fresh)
    headers = _given(**{"Idempotency-Key": idempotency_key})
    submitted = Answer((yield _post("/jobs", options, headers)))
    if not wait:
        return submitted
    yield Watch(submitted["id"], lambda event: _report(event, progress))
    done = yield Ask("GET", _path("/jobs", submitted["id"]))
    if done["status"] != "succeeded":
        raise JobFailedError(done)
    return Answer(done["result"])


def jobs(
    status: str | None = None, kind: str | None = None, limit: int | None = None
) -> Dialogue[pd.DataFrame]:
    """List jobs, newest first."""
    return (yield from _table("/jobs", limit, {"status": status, "kind": kind}))


def job(id: str) -> Dialogue[Answer]:
    """Show one job."""
    return (yield from _one("/jobs", id))


def cancel(id: str) -> Dialogue[Answer]:
    """Ask a job to stop."""
    return Answer((yield Ask("POST", _path("/jobs", id) + "/cancel")))


def models(limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the model library."""
    return (yield from _table("/models", limit))


def model(id: str) -> Dialogue[Answer]:
    """Show one model."""
    return (yield from _one("/models", id))


def checkpoints(
    model: str | None = None, dataset: str | None = None, limit: int | None = None
) -> Dialogue[pd.DataFrame]:
    """List trained weights."""
    return (yield from _table("/checkpoints", limit, {"model": model, "dataset": dataset}))


def checkpoint(sha256: str) -> Dialogue[Answer]:
    """Show where weights come from and how good they are."""
    return (yield from _one("/checkpoints", sha256))


def download(sha256: str, path: str | Path) -> Dialogue[Path]:
    """Save weights as a safetensors file, once their SHA-256 has been checked.

    Raises:
        ValueError: what arrived is not what was asked for; nothing is written.
    """
    content = yield Ask("GET", _path("/checkpoints", sha256) + "/file", raw=True)
    found = digest(content).hexdigest()
    if found != sha256:
        raise ValueError(f"sha256: found {found}, expected {sha256}")
    target = Path(path)
    target.write_bytes(content)
    return target


def compositions(limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the networks that were built."""
    return (yield from _table("/compositions", limit))


def composition(id: str) -> Dialogue[Answer]:
    """Show one composed network: plan, scores, history."""
    return (yield from _one("/compositions", id))


def predict(id: str, **inputs: Any) -> Dialogue[Answer]:  # noqa: ANN401 - lists or arrays
    """Label raw samples: ``predict(id, image=pictures, audio=sounds)``, one entry a sample."""
    body = {"inputs": {modality: _plain(samples) for modality, samples in inputs.items()}}
    return Answer((yield Ask("POST", _path("/compositions", id) + "/predict", json=body)))


def scenarios(limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the stored scenarios."""
    return (yield from _table("/scenarios", limit))


def scenario(id: str) -> Dialogue[Answer]:
    """Show one scenario."""
    return (yield from _one("/scenarios", id))


def datasets(limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the data sets."""
    return (yield from _table("/datasets", limit))


def revisions(limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the history."""
    return (yield from _table("/revisions", limit))


def cypher(
    query: str,
    /,
    *,
    limit: int = 1000,
    parameters: Mapping[str, Any] | None = None,
    **more: Any,  # noqa: ANN401 - any parameter value
) -> Dialogue[pd.DataFrame]:
    """Run one read-only statement; keyword arguments are its parameters.

    Returns:
        One row a record; ``.attrs["truncated"]`` tells whether there were more.
    """
    import pandas as pd

    body = {"query": query, "parameters": {**(parameters or {}), **more}, "limit": limit}
    answer = yield Ask("POST", "/cypher", json=body)
    frame = pd.DataFrame(answer["rows"], columns=answer["fields"])
    frame.attrs.update(truncated=answer["truncated"], took_ms=answer["took_ms"])
    return frame


def _table(
    path: str, limit: int | None, query: Mapping[str, Any] | None = None
) -> Dialogue[pd.DataFrame]:
    """Follow the pages of a list."""
    items: list[dict[str, Any]] = []
    after: str | None = None
    while limit is None or len(items) < limit:
        size = PAGE if limit is None else min(PAGE, limit - len(items))
        page = yield Ask("GET", path, _given(**(query or {}), limit=size, after=after))
        items += page["items"]
        after = page["next"]
        if after is None:
            break
    return _frame(items)


def _one(collection: str, id: str) -> Dialogue[Answer]:
    return Answer((yield Ask("GET", _path(collection, id))))


def _path(collection: str, id: str) -> str:
    return f"{collection}/{quote(id, safe='')}"


def _given(**values: Any) -> dict[str, Any]:  # noqa: ANN401
    return {key: value for key, value in values.items() if value is not None}


def _frame(items: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([dict(item) for item in items])


def _inputs(
    *,
    map: Any,  # noqa: ANN401
    peaks: Peaks | None,
    regions: Sequence[str] | None,
    functions: Sequence[str] | None,
    **options: Any,  # noqa: ANN401
) -> dict[str, Any]:
    known = ("scenario", "atlas", "space", "threshold", "top", "fdr", "unthresholded", "sign",
             "masks", "score")  # fmt: skip
    return _given(
        map=map,
        peaks=None if peaks is None else [_peak(peak) for peak in peaks],
        regions=None if regions is None else list(regions),
        functions=None if functions is None else list(functions),
        **{key: options[key] for key in known},
    )


def _peak(peak: Sequence[float] | Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    return dict(peak) if isinstance(peak, Mapping) else [_plain(value) for value in peak]


def _post(path: str, options: dict[str, Any], headers: dict[str, str] | None = None) -> Ask:
    image, masks = options.pop("map", None), options.pop("masks", None)
    if image is None and masks is None:
        return Ask("POST", path, json=options, headers=headers or {})
    files = [("map", _file(image))] if image is not None else []
    files += [("mask", _file(mask)) for mask in masks or ()]
    return Ask("POST", path, data=options, files=files, headers=headers or {})


def _export(options: dict[str, Any], format: str) -> Ask:
    ask = _post("/activations/export", options)
    return replace(ask, params={"format": format}, raw=True)


def _file(image: Any) -> tuple[str, bytes]:  # noqa: ANN401 - a path or an image
    if hasattr(image, "to_bytes"):
        return "map.nii", image.to_bytes()
    path = Path(image)
    return path.name, path.read_bytes()


def _plain(value: Any) -> Any:  # noqa: ANN401 - arrays become lists
    return value.tolist() if hasattr(value, "tolist") else value


def _report(event: Mapping[str, Any], progress: Progress | None) -> None:
    if progress is not None and "fraction" in event:
        progress(str(event.get("message", "")), float(event["fraction"]))
