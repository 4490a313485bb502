"""Jobs over HTTP: submitted, watched over a real connection, cancelled."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from api.context import Context
from graph.store import Store
from jobs.build_request import BuildRequest
from jobs.job import Job
from tests.api import world
from tests.api.test_routes import stat_map
from tests.conftest import empty

pytestmark = pytest.mark.server

V1 = "/api/v1"
BUILD = {"kind": "build", "atlas": "tiny", "scenario": "see and hear", "trials": 3}


@pytest.fixture(scope="module")
def filled(embedded_store: Store) -> Store:
    empty(embedded_store)
    world.fill(embedded_store)
    return embedded_store


@pytest.fixture
def context(filled: Store, tmp_path: Any) -> Iterator[Context]:  # noqa: ANN401
    settings = world.config(tmp_path, max_upload_bytes=2_000_000, max_body_bytes=100_000)
    with world.opened(filled, settings) as context:
        yield context


@pytest.fixture
def http(context: Context) -> Iterator[httpx2.Client]:
    with world.serving(context) as served, httpx2.Client(base_url=served.url + V1) as http:
        yield http


def submit(http: httpx2.Client, **more: object) -> httpx2.Response:
    return http.post("/jobs", json={**BUILD, **more})


def events(
    http: httpx2.Client, job: str, after: int | None = None
) -> list[tuple[int, str, dict[str, Any]]]:
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    found = []
    with http.sse(f"/jobs/{job}/events", headers=headers) as source:
        for event in source:
            if event.event == "end":
                return found
            found.append((int(event.id), event.event, event.json()))
    raise AssertionError("the stream broke off")


def test_a_submission_is_accepted_and_found_where_it_says(http: httpx2.Client) -> None:
    answer = submit(http)
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["location"] == f"{V1}/jobs/{job['id']}"
    found = http.get(answer.headers["location"].removeprefix(V1)).json()
    assert found["status"] == "queued"
    assert found["payload"]["scenario"] == "see and hear"
    assert found["payload"]["trials"] == 3
    assert [row["id"] for row in http.get("/jobs").json()["items"]] == [job["id"]]
    assert http.get("/jobs", params={"status": "failed"}).json()["items"] == []


def test_how_to_search_reaches_the_job(http: httpx2.Client, context: Context) -> None:
    job = submit(http, sampler="relaxation", batch=3).json()["id"]
    found = BuildRequest.from_dict(context.ledger.get(job).payload)
    assert (found.sampler, found.batch, found.pruner) == ("relaxation", 3, "none")
    job = submit(http, pruner="asha").json()["id"]
    assert BuildRequest.from_dict(context.ledger.get(job).payload).pruner == "asha"
    job = submit(http, minimize=["latency_ms"], pick=2, sizes=[0.5], optimizers=["sgd"])
    found = BuildRequest.from_dict(context.ledger.get(job.json()["id"]).payload)
    assert (found.minimize, found.pick) == (("latency_ms",), 2)
    assert (found.sizes, found.optimizers) == ((0.5,), ("sgd",))
    assert BuildRequest.from_dict(found.to_dict()) == found
    plain = BuildRequest(found.inputs)
    assert BuildRequest.from_dict(plain.to_dict()) == plain
    assert not plain.to_dict().keys() & {"minimize", "pick", "sizes", "optimizers"}


def test_an_idempotency_key_gives_the_same_job(http: httpx2.Client) -> None:
    key = {"Idempotency-Key": "once"}
    first = http.post("/jobs", json=BUILD, headers=key).json()
    assert http.post("/jobs", json=BUILD, headers=key).json()["id"] == first["id"]
    other = http.post("/jobs", json={**BUILD, "seed": 1}, headers=key)
    assert other.status_code == 422
    assert http.post("/jobs", json=BUILD).json()["id"] != first["id"]
    assert len(http.get("/jobs").json()["items"]) == 2


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"kind": "dance"}, 422, "kind"),
        ({"scenario": "nope"}, 404, "scenario"),
        ({"atlas": "nope"}, 404, "atlas"),
        ({"sampler": "nope"}, 422, "sampler"),
        ({"pruner": "nope"}, 422, "pruner"),
        ({"pruner": "asha", "batch": 4}, 422, "batch"),
        ({"batch": 0}, 422, "batch"),
        ({"minimize": ["memory"]}, 422, "minimize.0"),
        ({"minimize": ["latency_ms"], "pruner": "asha"}, 422, "minimize"),
        ({"pick": 2}, 422, "pick"),
        ({"sizes": [1, 0]}, 422, "sizes.1"),
        ({"sizes": []}, 422, "sizes"),
        ({"optimizers": ["lion"]}, 422, "optimizers.0"),
        ({"minimize": ["latency_ms"], "pick": 0}, 422, "pick"),
        ({"dataset": "nope"}, 404, "dataset"),
        ({"trials": 0}, 422, "trials"),
        ({"seed": -1}, 422, "seed"),
        ({"regions": ["tiny:1"]}, 422, "input"),
        ({"scenario": None, "regions": ["tiny:4"]}, 422, "regions"),
        ({"trails": 5}, 422, "trails"),
    ],
)
def test_mistakes_are_answered_at_once(
    http: httpx2.Client, change: dict[str, object], status: int, field: str
) -> None:
    answer = submit(http, **change)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == field
    assert http.get("/jobs").json()["items"] == []


def test_an_unknown_kind_is_told_the_known_ones(http: httpx2.Client) -> None:
    (error,) = submit(http, kind="release").json()["errors"]
    assert (error["field"], error["expected"]) == ("kind", "one of build, claims, ingest")


def test_a_map_is_kept_for_the_job_under_its_content(http: httpx2.Client, context: Context) -> None:
    fields = {"kind": "build", "atlas": "tiny", "threshold": "3.1"}
    content = stat_map(-44, -70, 4)
    answer = http.post("/jobs", data=fields, files={"map": ("motor.nii", content)})
    assert answer.status_code == 202, answer.text
    job = answer.json()
    (kept,) = context.config.uploads.iterdir()
    assert kept.read_bytes() == content
    assert job["payload"]["map"] == kept.name
    assert job["payload"]["threshold"] == 3.1
    assert context.ledger.get(job["id"]).payload["map"] == str(kept)


def test_a_form_sends_a_list_item_by_item_and_all_else_once(http: httpx2.Client) -> None:
    files = {"map": ("motor.nii", stat_map(-44, -70, 4))}
    fields = {"kind": "build", "atlas": "tiny", "threshold": "3.1"}
    for wanted in (["latency_ms"], ["latency_ms", "parameters"]):
        answer = http.post("/jobs", data={**fields, "minimize": wanted}, files=files)
        assert answer.status_code == 202, answer.text
        assert answer.json()["payload"]["minimize"] == wanted
    answer = http.post("/jobs", data={**fields, "trials": ["3", "4"]}, files=files)
    (error,) = answer.json()["errors"]
    assert (error["field"], error["found"]) == ("trials", "2 of them")


def test_cancel(http: httpx2.Client) -> None:
    job = submit(http).json()["id"]
    assert http.post(f"/jobs/{job}/cancel").json()["status"] == "cancelled"
    assert http.post(f"/jobs/{job}/cancel").json()["status"] == "cancelled"


def claimed(context: Context) -> Job:
    """The next job; whoever follows it waits for a worker that came too early and left for ever."""
    while (job := context.ledger.claim("test", lease_s=30)) is None:
        time.sleep(0.02)
    return job


def work(context: Context, steps: int = 5, pause_s: float = 0.05) -> threading.Thread:
    """A worker that waits for a job and takes it through its steps in the real ledger."""

    def run() -> None:
        job = claimed(context)
        for step in range(steps):
            context.ledger.progress(job.id, job.fence, f"step {step}", (step + 1) / steps)
            time.sleep(pause_s)
        context.ledger.finish(job.id, job.fence, {"composition": "c1"})

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_events_come_while_the_job_runs(http: httpx2.Client, context: Context) -> None:
    job = submit(http).json()["id"]
    worker = work(context)
    seen = events(http, job)
    worker.join()
    assert [number for number, _, _ in seen] == list(range(1, len(seen) + 1))
    progress = [data for _, kind, data in seen if kind == "progress"]
    assert [row["message"] for row in progress] == [f"step {step}" for step in range(5)]
    assert progress[-1]["fraction"] == 1.0
    states = [data["status"] for _, kind, data in seen if kind == "status"]
    assert (states[0], states[-1]) == ("queued", "succeeded")
    assert http.get(f"/jobs/{job}").json()["result"] == {"composition": "c1"}


def test_a_stream_is_taken_up_after_the_last_event(http: httpx2.Client, context: Context) -> None:
    job = submit(http).json()["id"]
    work(context, pause_s=0).join()
    everything = events(http, job)
    for after in range(len(everything)):
        assert events(http, job, after) == everything[after:]
    last = {"Last-Event-ID": str(len(everything))}
    assert http.get(f"/jobs/{job}/events", headers=last).status_code == 204


def test_a_stream_goes_on_over_a_restart_of_the_server(context: Context) -> None:
    with world.serving(context) as served, httpx2.Client(base_url=served.url + V1) as http:
        job = submit(http).json()["id"]
        worker = work(context, steps=20)
        first = []
        with http.sse(f"/jobs/{job}/events") as source:
            for event in source:
                first.append(int(event.id))
                if len(first) == 4:
                    break
    again = replace(context, stopping=threading.Event())
    with world.serving(again) as served, httpx2.Client(base_url=served.url + V1) as http:
        rest = [number for number, _, _ in events(http, job, first[-1])]
    worker.join()
    assert first + rest == list(range(1, len(first) + len(rest) + 1))


def test_an_open_stream_does_not_hold_the_server_up(context: Context) -> None:
    with world.serving(context) as served, httpx2.Client(base_url=served.url + V1) as http:
        job = submit(http).json()["id"]
        with http.sse(f"/jobs/{job}/events") as source:
            stream = iter(source)
            assert next(stream).event == "status"
            served.server.stop()
            assert list(stream) == [], "cut without an end event"
    assert context.stopping.is_set()


def test_our_own_failures_stay_inside(http: httpx2.Client, context: Context) -> None:
    job = submit(http).json()["id"]
    mine = context.ledger.claim("test", lease_s=30)
    assert mine is not None
    secret = {"title": "died", "detail": "/secret/x.py line 3", "status": 500, "code": "internal"}
    context.ledger.fail(job, mine.fence, secret)
    assert "/secret" not in http.get(f"/jobs/{job}").text
    assert all("/secret" not in str(data) for _, _, data in events(http, job))
    assert http.get(f"/jobs/{job}").json()["problem"]["code"] == "internal"


def test_a_body_that_never_ends_is_cut(http: httpx2.Client) -> None:
    sent = 0

    def forever() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 10_000
            yield b" " * 10_000

    kind = {"content-type": "application/json"}
    answer = http.post("/cypher", content=forever(), headers=kind)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert sent < 50_000_000


def test_an_upload_over_the_limit(http: httpx2.Client) -> None:
    answer = http.post("/activations", files={"map": ("m.nii", b"\0" * 3_000_000)})
    assert answer.status_code == 413
    assert answer.json()["type"].endswith("content-too-large")


def test_retry_of_a_failed_job_and_of_no_other(http: httpx2.Client, context: Context) -> None:
    job = submit(http).json()["id"]
    assert http.post(f"/jobs/{job}/retry").status_code == 409
    mine = context.ledger.claim("test", lease_s=30)
    assert mine is not None
    context.ledger.checkpoint(job, mine.fence, {"step": 2})
    context.ledger.fail(job, mine.fence, {"title": "t", "detail": "d", "status": 500, "code": "c"})
    assert http.post(f"/jobs/{job}/retry").json()["status"] == "queued"
    again = context.ledger.claim("test", lease_s=30)
    assert again is not None
    assert (again.id, again.last_checkpoint) == (job, {"step": 2})


def test_a_key_whose_first_request_is_still_being_checked(
    http: httpx2.Client, context: Context
) -> None:
    key = {"Idempotency-Key": "twice"}
    first = http.post("/jobs", json=BUILD, headers=key).json()
    by = context.ledger.get(first["id"]).by
    with context.ledger.submitting(by, "twice"):
        meanwhile = http.post("/jobs", json=BUILD, headers=key)
        assert meanwhile.status_code == 409
        assert meanwhile.json()["errors"][0]["field"] == "idempotency_key"
        assert http.post("/jobs", json=BUILD, headers={"Idempotency-Key": "x"}).status_code == 202
    assert http.post("/jobs", json=BUILD, headers=key).json()["id"] == first["id"]


def test_a_higher_priority_runs_first(http: httpx2.Client, context: Context) -> None:
    low = http.post("/jobs", params={"priority": -5}, json=BUILD).json()["id"]
    high = http.post("/jobs", params={"priority": 5}, json=BUILD).json()["id"]
    order = [context.ledger.claim("test"), context.ledger.claim("test")]
    assert [job.id for job in order if job] == [high, low]
    assert http.post("/jobs", params={"priority": 1000}, json=BUILD).status_code == 422


def test_a_quiet_stream_says_that_it_lives(filled: Store, tmp_path: Any) -> None:  # noqa: ANN401
    settings = world.config(tmp_path, event_ping_s=0.05)
    with world.opened(filled, settings) as context, world.serving(context) as served:
        job = context.ledger.submit("build", {}, by="ada").id
        url = f"{served.url}{V1}/jobs/{job}/events"
        with httpx2.Client() as http, http.stream("GET", url) as answer:
            lines = answer.iter_lines()
            assert any(line.startswith(":") for _, line in zip(range(20), lines, strict=False))


def test_many_listeners_hear_the_same(http: httpx2.Client, context: Context) -> None:
    job = submit(http).json()["id"]
    heard: list[list[tuple[int, str, dict[str, Any]]]] = []
    listeners = [threading.Thread(target=lambda: heard.append(events(http, job))) for _ in range(4)]
    for listener in listeners:
        listener.start()
    work(context).join()
    for listener in listeners:
        listener.join()
    assert heard == [events(http, job)] * 4


def test_the_import_of_what_is_built_in_is_a_job_too(http: httpx2.Client, context: Context) -> None:
    answer = http.post("/jobs", json={"kind": "ingest"})
    assert answer.status_code == 202
    job = context.ledger.get(answer.json()["id"])
    assert (job.kind, job.payload) == ("ingest", {})
