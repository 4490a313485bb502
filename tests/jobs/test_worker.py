"""Workers and the processes they start: outcomes, deaths, cancelling, shutting down."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jobs.job import Job, Status
from jobs.ledger import Ledger
from jobs.worker import Worker

pytestmark = pytest.mark.slow

MakeWorker = Callable[..., Worker]


def until(condition: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits to be collected does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


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


WORKER = """
import sys
from pathlib import Path
from graph.config import StoreConfig
from jobs.ledger import Ledger
from jobs.worker import Worker
from tests.jobs.kinds import KINDS
home = Path(sys.argv[1])
Worker(Ledger.at(home, kinds=KINDS), home=home, store_config=StoreConfig(home),
       lease_s=float(sys.argv[2]), poll_s=0.05).run(stop_at_stdin_end=True)
"""


def start_worker(home: Path, lease_s: float) -> subprocess.Popen[bytes]:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", WORKER, str(home), str(lease_s)]
    return subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE)


def steps_run(home: Path, job_id: str) -> list[tuple[int, int]]:
    log = home / f"{job_id}.log"
    lines = log.read_text().splitlines() if log.exists() else []
    return [(int(step), int(pid)) for step, pid in (line.split() for line in lines)]


def test_a_killed_worker_takes_its_process_along_and_another_goes_on(
    ledger: Ledger, make_worker: MakeWorker, tmp_path: Path
) -> None:
    job = ledger.submit("steps", {"n": 8, "seconds": 0.1}, by="ada")
    first = start_worker(tmp_path, lease_s=0.5)
    until(lambda: len(steps_run(tmp_path, job.id)) >= 3, "three steps")
    first.send_signal(signal.SIGKILL)
    first.wait()
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
    worker = start_worker(tmp_path, lease_s=30.0)
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


def test_twenty_jobs_and_workers_that_keep_being_killed(ledger: Ledger, tmp_path: Path) -> None:
    jobs = [
        ledger.submit("steps", {"n": 10, "seconds": 0.05}, by="ada", max_attempts=50).id
        for _ in range(20)
    ]
    workers = [start_worker(tmp_path, lease_s=1.0) for _ in range(2)]
    kills = 0
    end = time.monotonic() + 240
    while not all(ledger.get(job).done for job in jobs):
        assert time.monotonic() < end
        time.sleep(1.7)
        victim = workers[kills % 2]
        os.kill(victim.pid, signal.SIGKILL)
        victim.wait()
        workers[kills % 2] = start_worker(tmp_path, lease_s=1.0)
        kills += 1
    for worker in workers:
        worker.terminate()
        worker.wait(30)
    assert kills > 0
    for job in jobs:
        assert ledger.get(job).status is Status.SUCCEEDED
        finished = [e for e in ledger.events(job) if e.data.get("status") == "succeeded"]
        assert len(finished) == 1
        counts = [step for step, _ in steps_run(tmp_path, job)]
        assert set(counts) == set(range(10))
        assert len(counts) - 10 < ledger.get(job).attempts
