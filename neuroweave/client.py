"""The HTTP client, blocking and asynchronous; needs nothing else of this project."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import update_wrapper
from types import MethodType
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload
from urllib.parse import quote

from neuroweave.calls import (
    brain,
    builds,
    curation,
    decoding,
    evidence,
    library,
    server,
    vocabulary,
)
from neuroweave.calls import queries as questions
from neuroweave.calls import releases as editions
from neuroweave.calls.dialogue import Answer, Ask, Dialogue, JobFailedError, Watch

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    import httpx2

__all__ = ["Answer", "ApiError", "AsyncClient", "Client", "JobFailedError", "StaleEdit"]

DEFAULT_URL = "http://127.0.0.1:8000"
PREFIX = "/api/v1"
TIMEOUT_S = 120.0
CONNECT_S = 5.0
EVENT_TIMEOUT_S = 60.0
RECONNECTS = 6

P = ParamSpec("P")
T = TypeVar("T")


class ApiError(Exception):
    """The server refused, failed or did not answer.

    ``status`` is the HTTP status (None without an answer), ``code`` a stable word, ``errors`` the
    fields at fault with what was found and expected, ``problem`` the whole answer.
    """

    def __init__(self, problem: dict[str, Any], *, status: int | None = None) -> None:
        self.problem = problem
        self.status = status
        self.code = str(problem.get("type", "")).rpartition(":")[2]
        self.title = str(problem.get("title", ""))
        self.detail = str(problem.get("detail", ""))
        self.errors: list[dict[str, Any]] = list(problem.get("errors", ()))
        head = f"{status} {self.title}" if status else self.title
        super().__init__(f"{head}: {self.detail}" if self.detail else head)


class StaleEdit(ApiError):  # noqa: N818 - read as a sentence
    """Somebody changed the record since it was read; nothing was overwritten.

    ``current`` is the record as it is now, None if it is gone. Look at it, then edit that.
    """

    @property
    def current(self) -> Answer | None:
        """The record as it is now."""
        found = self.problem.get("current")
        return None if found is None else Answer(found)


class _Method(Generic[P, T]):
    """A call as a method of both clients: one returns what comes of it, the other is awaited."""

    def __init__(self, call: Callable[P, Dialogue[T]]) -> None:
        def method(self: Client | AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> Any:  # noqa: ANN401
            return self._run(call(*args, **kwargs))

        self._function = _as_method(method, call)

    @overload
    def __get__(self, client: None, kind: type) -> Callable[..., Any]: ...
    @overload
    def __get__(self, client: Client, kind: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: AsyncClient, kind: type) -> Callable[P, Awaitable[T]]: ...
    def __get__(self, client: Client | AsyncClient | None, kind: type) -> Callable[..., Any]:
        return self._function if client is None else MethodType(self._function, client)


F = TypeVar("F", bound=Callable[..., Any])


def _as_method(method: F, call: Callable[..., Any]) -> F:
    """Show the call's own parameters after ``self`` in help and completion."""
    update_wrapper(method, call)
    signature = inspect.signature(call)
    first = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    parameters = [first, *signature.parameters.values()]
    result = str(signature.return_annotation).removeprefix("Dialogue[").removesuffix("]")
    shown = signature.replace(parameters=parameters, return_annotation=result)
    method.__signature__ = shown  # type: ignore[attr-defined]
    return method


class _Methods:
    """What both clients can be asked; ``neuroweave.calls`` says what each does."""

    health = _Method(server.health)
    stats = _Method(server.stats)
    atlases = _Method(brain.atlases)
    atlas = _Method(brain.atlas)
    check_atlas = _Method(brain.check_atlas)
    import_atlas = _Method(brain.import_atlas)
    analysis = _Method(brain.analysis)
    analysis_figure = _Method(brain.analysis_figure)
    regions = _Method(brain.regions)
    region = _Method(brain.region)
    region_functions = _Method(evidence.region_functions)
    connections = _Method(brain.connections)
    neighbours = _Method(brain.neighbours)
    overlaps = _Method(brain.overlaps)
    functions = _Method(evidence.functions)
    function = _Method(evidence.function)
    function_regions = _Method(evidence.function_regions)
    areas = _Method(evidence.areas)
    links = _Method(evidence.links)
    claims = _Method(evidence.claims)
    claim = _Method(curation.claim)
    add_claim = _Method(curation.add_claim)
    edit_claim = _Method(curation.edit_claim)
    review_claim = _Method(curation.review_claim)
    comment_claim = _Method(curation.comment_claim)
    claim_comments = _Method(curation.claim_comments)
    claim_history = _Method(curation.claim_history)
    model_links = _Method(curation.model_links)
    model_link = _Method(curation.model_link)
    add_model_link = _Method(curation.add_model_link)
    edit_model_link = _Method(curation.edit_model_link)
    review_model_link = _Method(curation.review_model_link)
    comment_model_link = _Method(curation.comment_model_link)
    model_link_comments = _Method(curation.model_link_comments)
    model_link_history = _Method(curation.model_link_history)
    edits = _Method(curation.edits)
    import_claims = _Method(evidence.import_claims)
    compute_claims = _Method(builds.compute_claims)
    locate = _Method(brain.locate)
    activate = _Method(decoding.activate)
    clusters = _Method(decoding.clusters)
    report = _Method(decoding.report)
    figure = _Method(decoding.figure)
    export = _Method(decoding.export)
    to_networkx = _Method(decoding.to_networkx)
    plan = _Method(builds.plan)
    build = _Method(builds.build)
    jobs = _Method(builds.jobs)
    job = _Method(builds.job)
    cancel = _Method(builds.cancel)
    retry = _Method(builds.retry)
    models = _Method(library.models)
    model = _Method(library.model)
    add_model = _Method(library.add_model)
    withdraw_model = _Method(library.withdraw_model)
    checkpoints = _Method(library.checkpoints)
    library_statistics = _Method(library.library_statistics)
    upload_checkpoint = _Method(library.upload_checkpoint)
    edit_checkpoint = _Method(library.edit_checkpoint)
    withdraw_checkpoint = _Method(library.withdraw_checkpoint)
    checkpoint = _Method(library.checkpoint)
    download = _Method(library.download)
    compositions = _Method(library.compositions)
    composition = _Method(library.composition)
    predict = _Method(library.predict)
    scenarios = _Method(library.scenarios)
    scenario = _Method(library.scenario)
    datasets = _Method(library.datasets)
    remove_dataset = _Method(library.remove_dataset)
    dictionaries = _Method(vocabulary.dictionaries)
    words = _Method(vocabulary.words)
    entry = _Method(vocabulary.entry)
    add_entry = _Method(vocabulary.add_entry)
    edit_entry = _Method(vocabulary.edit_entry)
    rename_entry = _Method(vocabulary.rename_entry)
    merge_entries = _Method(vocabulary.merge_entries)
    split_entry = _Method(vocabulary.split_entry)
    deprecate_entry = _Method(vocabulary.deprecate_entry)
    revisions = _Method(server.revisions)
    releases = _Method(editions.releases)
    release = _Method(editions.release)
    make_release = _Method(editions.make_release)
    download_release = _Method(editions.download_release)
    revision = _Method(curation.revision)
    differences = _Method(curation.differences)
    undo = _Method(curation.undo)
    cypher = _Method(questions.cypher)
    export_query = _Method(questions.export_query)
    queries = _Method(questions.queries)
    query = _Method(questions.query)
    run_query = _Method(questions.run_query)
    save_query = _Method(questions.save_query)
    delete_query = _Method(questions.delete_query)


class Client(_Methods):
    """Ask a Neuroweave server; tables come back as pandas frames.

    Args:
        url: where the server listens.
        key: API key or token, sent as a bearer token; ``NEUROWEAVE_API_KEY`` if not said.
        timeout: seconds an answer may take; watching a build is not bounded by it.
        release: a release to ask instead of the living graph; nothing can be changed then.

    Every method raises :class:`ApiError` with a readable message. For example::

        with Client() as client:
            client.regions(atlas="seitzman300", q="visual")
            client.activate(scenario="audio-visual").frame("functions")
            client.build(scenario="audio-visual", progress=print)["test"]
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        key: str | None = None,
        *,
        timeout: float = TIMEOUT_S,
        release: str | None = None,
    ) -> None:
        import httpx2

        self.url = url.rstrip("/")
        self._http = httpx2.Client(**_settings(self.url, key, timeout, release))

    def events(self, job: str, after: int | None = None) -> Iterator[dict[str, Any]]:
        """Follow a job's events until it is over; a broken stream is taken up again."""
        stream = _Stream(self.url, job, after)
        while stream.wanted:
            try:
                with self._http.sse(**stream.request) as source:
                    if source.response.is_error:
                        source.response.read()
                    if stream.opened(source.response):
                        for event in source:
                            yield from stream.taken(event)
            except _transport_error() as error:
                stream.broke(error)
            if stream.wanted:
                time.sleep(stream.pause_s)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, dialogue: Dialogue[T]) -> T:
        try:
            step = next(dialogue)
            while True:
                step = dialogue.send(self._do(step))
        except StopIteration as done:
            result: T = done.value
            return result

    def _do(self, step: Ask | Watch) -> Any:  # noqa: ANN401 - JSON
        if isinstance(step, Watch):
            for event in self.events(step.job):
                step.on_event(event)
            return None
        with _readable(self.url):
            return _answer(self._http.request(**_request(step)), raw=step.raw)


class AsyncClient(_Methods):
    """The same methods as :class:`Client`, to be awaited.

    For example::

        async with AsyncClient() as client:
            await client.activate(scenario="audio-visual")
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        key: str | None = None,
        *,
        timeout: float = TIMEOUT_S,
        release: str | None = None,
    ) -> None:
        import httpx2

        self.url = url.rstrip("/")
        self._http = httpx2.AsyncClient(**_settings(self.url, key, timeout, release))

    async def events(self, job: str, after: int | None = None) -> AsyncIterator[dict[str, Any]]:
        """Follow a job's events until it is over; a broken stream is taken up again."""
        stream = _Stream(self.url, job, after)
        while stream.wanted:
            try:
                async with self._http.sse(**stream.request) as source:
                    if source.response.is_error:
                        await source.response.aread()
                    if stream.opened(source.response):
                        async for event in source:
                            for data in stream.taken(event):
                                yield data
            except _transport_error() as error:
                stream.broke(error)
            if stream.wanted:
                await asyncio.sleep(stream.pause_s)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _run(self, dialogue: Dialogue[T]) -> T:
        try:
            step = next(dialogue)
            while True:
                step = dialogue.send(await self._do(step))
        except StopIteration as done:
            result: T = done.value
            return result

    async def _do(self, step: Ask | Watch) -> Any:  # noqa: ANN401 - JSON
        if isinstance(step, Watch):
            async for event in self.events(step.job):
                step.on_event(event)
            return None
        with _readable(self.url):
            return _answer(await self._http.request(**_request(step)), raw=step.raw)


@dataclass
class _Stream:
    """Where a stream of events stands, whoever reads it."""

    url: str
    job: str
    last: int | None
    wanted: bool = True
    failures: int = 0

    @property
    def request(self) -> dict[str, Any]:
        headers = {} if self.last is None else {"Last-Event-ID": str(self.last)}
        path = f"{PREFIX}/jobs/{quote(self.job, safe='')}/events"
        return {"url": path, "headers": headers, "timeout": EVENT_TIMEOUT_S}

    @property
    def pause_s(self) -> float:
        return min(0.1 * 2.0**self.failures, 5.0)

    def opened(self, response: httpx2.Response) -> bool:
        """Tell whether there is something to read; 204 says that all was read before."""
        if response.is_error:
            raise _refusal(response)
        if response.status_code == 204:
            self.wanted = False
        return self.wanted

    def taken(self, event: httpx2.ServerSentEvent) -> Iterator[dict[str, Any]]:
        """Count an event as seen and yield its data."""
        self.failures = 0
        if event.id:
            self.last = int(event.id)
        if event.event == "end":
            self.wanted = False
        elif event.data:
            yield {**json.loads(event.data), "event": event.event, "seq": self.last}

    def broke(self, error: Exception) -> None:
        """Try again a few times, then give up with a readable error."""
        self.failures += 1
        if self.failures > RECONNECTS:
            raise _no_answer(self.url, error) from error


def _settings(
    url: str, key: str | None, timeout: float, release: str | None = None
) -> dict[str, Any]:
    import httpx2

    headers = {"Accept": "application/json"}
    key = key or os.environ.get("NEUROWEAVE_API_KEY")
    if key:
        headers["Authorization"] = f"Bearer {key}"
    limit = httpx2.Timeout(timeout, connect=CONNECT_S)
    params = {"release": release} if release else {}
    return {"base_url": url, "headers": headers, "timeout": limit, "params": params}


def _request(ask: Ask) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": ask.method,
        "url": PREFIX + ask.path,
        "params": ask.params,
        "headers": ask.headers,
    }
    if ask.content is not None:
        return {**request, "content": ask.content}
    if ask.files is not None:
        return {**request, "data": ask.data, "files": ask.files}
    return request if ask.json is None else {**request, "json": ask.json}


def _answer(response: httpx2.Response, *, raw: bool) -> Any:  # noqa: ANN401 - JSON
    if response.is_error:
        raise _refusal(response)
    return response.content if raw else response.json()


def _refusal(response: httpx2.Response) -> ApiError:
    try:
        problem = response.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        problem = {"title": response.reason_phrase, "detail": response.text[:200]}
    stale = str(problem.get("type", "")).endswith(":stale")
    return (StaleEdit if stale else ApiError)(problem, status=response.status_code)


@contextmanager
def _readable(url: str) -> Iterator[None]:
    try:
        yield
    except _transport_error() as error:
        raise _no_answer(url, error) from error


def _transport_error() -> type[Exception]:
    import httpx2

    return httpx2.TransportError


def _no_answer(url: str, error: Exception) -> ApiError:
    reason = str(error) or type(error).__name__
    detail = f"{url} does not answer ({reason}). Start a server with: neuroweave serve"
    return ApiError({"title": "No answer", "detail": detail})
