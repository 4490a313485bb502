"""Workers and the processes they start: outcomes, deaths, cancelling, shutting down."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from atlas.errors import NotFound
from jobs.job import Job, Status
from jobs.ledger import Ledger
from jobs.worker import Worker
from tests.jobs.processes import Spec, alive, end, steps_run, until

pytestmark = pytest.mark.slow

MakeWorker = Callable[..., Worker]


@contextmanager
def running(worker: Worker) -> Iterator[Worker]:
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(30)
        assert not thread.is_alive()


def run_one(worker: Worker) -> Job:
    job = worker.run_one()
    assert job is not None
    return job


def test_a_job_runs_in_its_own_process_and_keeps_secrets_off_the_command_line(
    ledger: Ledger, make_worker: MakeWorker, tmp_path: Path
) -> None:
    ledger.submit("echo", {"text": "hé"}, by="ada")
    job = run_one(make_worker())
    assert job.status is Status.SUCCEEDED
    assert job.result is not None
    assert job.result["payload"] == {"text": "hé"}
    assert (job.result["home"], job.result["attempt"]) == (str(tmp_path), 1)
    assert (job.result["uri"], job.result["password"]) == ("bolt://example", "hush")
    assert "hush" not in job.result["command"]
    kinds = [(event.kind, event.data.get("status")) for event in ledger.events(job.id)]
    expected = ["queued", "running", None, "succeeded"]
    assert [status for _, status in kinds] == expected
    assert make_worker().run_one() is None


def test_mistakes_and_bugs_fail_at_once_with_their_reason(
    ledger: Ledger, make_worker: MakeWorker
) -> None:
    for kind, field, detail in (
        ("mistake", "scenario", "found opera"),
        ("bug", None, "ZeroDivisionError: oh"),
        ("nonsense", None, "not JSON serializable"),
    ):
        ledger.submit(kind, {}, by="ada")
        job = run_one(make_worker())
        assert (job.status, job.attempts) == (Status.FAILED, 1)
        assert job.problem is not None
        assert job.problem.get("field") == field
        assert detail in job.problem["detail"]
        assert job.problem["title"]


def test_a_process_that_dies_is_tried_again_and_then_reported(
    ledger: Ledger, make_worker: MakeWorker
) -> None:
    ledger.submit("crash", {"deaths": 1}, by="ada")
    worker = make_worker()
    assert run_one(worker).status is Status.QUEUED
    job = run_one(worker)
    assert (job.status, job.result) == (Status.SUCCEEDED, {"attempt": 2})
    ledger.submit("crash", {"deaths": 9}, by="ada", max_attempts=1)
    job = run_one(worker)
    assert job.status is Status.FAILED
    assert job.problem is not None
    assert job.problem["detail"] == "signal 9\nabout to die"


def test_what_may_pass_by_itself_is_tried_again(ledger: Ledger, make_worker: MakeWorker) -> None:
    job = ledger.submit("unavailable", {}, by="ada")
    assert run_one(make_worker()).status is Status.QUEUED
    event = ledger.events(job.id)[-1]
    assert event.data["problem"]["field"] == "database"


def test_a_job_that_ignores_the_request_to_stop_is_killed(
    ledger: Ledger, make_worker: MakeWorker, tmp_path: Path
) -> None:
    job = ledger.submit("wedged", {}, by="ada")
    with running(make_worker(grace_s=0.2)):
        until((tmp_path / "wedged").exists, "the job's process")
        pid = int((tmp_path / "wedged").read_text())
        ledger.cancel(job.id)
        until(lambda: ledger.get(job.id).done, "the end of the wedged job")
    assert ledger.get(job.id).status is Status.CANCELLED
    assert not alive(pid)


def test_a_worker_forgets_what_ended_long_ago(ledger: Ledger, make_worker: MakeWorker) -> None:
    old = ledger.cancel(ledger.submit("echo", {}, by="ada").id)
    worker = make_worker(keep_s=0.0)
    assert worker.run_one() is None
    with pytest.raises(NotFound):
        ledger.get(old.id)


def test_a_target_that_is_not_there_fails_the_job(tmp_path: Path) -> None:
    from graph.config import StoreConfig

    ledger = Ledger.at(tmp_path, kinds={"gone": "tests.jobs.kinds:gone"})
    ledger.submit("gone", {}, by="ada")
    job = run_one(Worker(ledger, home=tmp_path, store_config=StoreConfig(tmp_path)))
    ledger.close()
    assert job.status is Status.FAILED


def test_a_running_job_is_cancelled_with_everything_it_started(
    ledger: Ledger, make_worker: MakeWorker, tmp_path: Path
) -> None:
    job = ledger.submit("family", {}, by="ada")
    with running(make_worker()):
        until((tmp_path / "family").exists, "the job's processes")
        pids = [int(pid) for pid in (tmp_path / "family").read_text().split()]
        assert all(alive(pid) for pid in pids)
        ledger.cancel(job.id)
        until(lambda: ledger.get(job.id).done, "the cancelled job's end")
    assert ledger.get(job.id).status is Status.CANCELLED
    assert not any(alive(pid) for pid in pids)


def test_a_worker_that_shuts_down_hands_its_job_back(
    ledger: Ledger, make_worker: MakeWorker, tmp_path: Path
) -> None:
    job = ledger.submit("family", {}, by="ada")
    with running(make_worker()):
        until((tmp_path / "family").exists, "the job's processes")
    pids = [int(pid) for pid in (tmp_path / "family").read_text().split()]
    assert not any(alive(pid) for pid in pids)
    back = ledger.get(job.id)
    assert (back.status, back.attempts) == (Status.QUEUED, 0)


def test_a_short_lease_is_renewed_while_the_job_runs(
    ledger: Ledger, make_worker: MakeWorker
) -> None:
    job = ledger.submit("steps", {"n": 8, "seconds": 0.05}, by="ada")
    with running(make_worker(lease_s=0.3)), running(make_worker(lease_s=0.3)):
        until(lambda: ledger.get(job.id).done, "the job's end")
    done = ledger.get(job.id)
    assert (done.status, done.attempts) == (Status.SUCCEEDED, 1)


def test_a_worker_that_has_lost_its_job_ends_the_process(
    ledger: Ledger, make_worker: MakeWorker, tmp_path: Path
) -> None:
    job = ledger.submit("family", {}, by="ada")
    with running(make_worker()):
        until((tmp_path / "family").exists, "the job's processes")
        pids = [int(pid) for pid in (tmp_path / "family").read_text().split()]
        # As if the lease had run out and the job had been cancelled in the queue meanwhile.
        ledger.release(job.id, ledger.get(job.id).fence)
        ledger.cancel(job.id)
        until(lambda: not any(alive(pid) for pid in pids), "the end of the lost processes")
    assert ledger.get(job.id).status is Status.CANCELLED


def test_a_killed_worker_takes_its_process_along_and_another_goes_on(
    ledger: Ledger, make_worker: MakeWorker, tmp_path: Path
) -> None:
    job = ledger.submit("steps", {"n": 8, "seconds": 0.1}, by="ada")
    first = Spec(ledger.url, tmp_path, lease_s=0.5).start()
    until(lambda: len(steps_run(tmp_path, job.id)) >= 3, "three steps")
    end(first, signal.SIGKILL)
    killed = steps_run(tmp_path, job.id)[0][1]
    until(lambda: not alive(killed), "the end of the orphan")
    with running(make_worker()):
        until(lambda: ledger.get(job.id).done, "the second attempt")
    done = ledger.get(job.id)
    assert (done.status, done.attempts) == (Status.SUCCEEDED, 2)
    counts = [step for step, _ in steps_run(tmp_path, job.id)]
    assert set(counts) == set(range(8))
    assert len(counts) <= 9  # at most the step in flight twice
    finished = [e for e in ledger.events(job.id) if e.data.get("status") == "succeeded"]
    assert len(finished) == 1


@pytest.mark.parametrize("how", ["SIGTERM", "parent gone"])
def test_an_orderly_end_of_a_worker_process(ledger: Ledger, tmp_path: Path, how: str) -> None:
    job = ledger.submit("steps", {"n": 100, "seconds": 0.1}, by="ada")
    worker = Spec(ledger.url, tmp_path, lease_s=30.0).start()
    until(lambda: len(steps_run(tmp_path, job.id)) >= 2, "two steps")
    if how == "SIGTERM":
        worker.terminate()
    else:
        assert worker.stdin is not None
        worker.stdin.close()
    assert worker.wait(30) == 0
    back = ledger.get(job.id)
    assert (back.status, back.attempts) == (Status.QUEUED, 0)
    assert not alive(steps_run(tmp_path, job.id)[0][1])
