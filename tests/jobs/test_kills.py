"""Twenty jobs of ten steps, while what runs them is killed, frozen, filled up or misled.

Each test prints its figures (``pytest -s``). A file beside the ledger, flushed at each step, tells
which steps were begun: nothing may be lost, nothing finish twice, and only steps that were in
flight at an interruption may be begun again.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from atlas.errors import Unavailable
from graph import functions, schema
from graph.config import StoreConfig
from graph.store import Store
from jobs.job import Job, Status
from jobs.ledger import Ledger
from tests.jobs.kinds import KINDS
from tests.jobs.processes import Spec, alive, children, end, steps_run, until
from tests.servers import postgres as postgres_server
from tests.servers.postgres import free_port

pytestmark = pytest.mark.slow

JOBS, STEPS = 20, 10
LEASE_S = 1.0
Processes = list[subprocess.Popen[bytes]]


class Trial:
    """The jobs, the processes, and the count of what was done to them."""

    def __init__(self, spec: Spec, ledger: Ledger, kind: str = "steps", **payload: object) -> None:
        self.spec = spec
        self.ledger = ledger
        self.interruptions = 0
        self.begun = time.monotonic()
        told = {"n": STEPS, **payload}
        self.jobs = [
            ledger.submit(kind, told, by=f"user {n % 3}", max_attempts=50).id for n in range(JOBS)
        ]

    @property
    def finished(self) -> bool:
        """Whether every job has ended; false while the ledger does not answer."""
        try:
            return all(self.ledger.get(job).done for job in self.jobs)
        except Unavailable:
            return False

    def running(self, pid: int) -> Job | None:
        """What this worker is running, once a step of this attempt has begun."""
        for job in self.ledger.list(status=Status.RUNNING)[0]:
            if job.worker and f"-{pid}-" in job.worker:
                begun = {process for _, process in steps_run(self.spec.home, job.id)}
                return job if begun & set(children(pid)) else None
        return None

    def steps(self) -> int:
        """How many steps have been begun, again or not."""
        return sum(len(steps_run(self.spec.home, job)) for job in self.jobs)

    def went_on(self, steps: int = 12) -> None:
        """Wait until so many more steps have been begun, or everything has ended."""
        aim = self.steps() + steps
        until(lambda: self.steps() >= aim or self.finished, "further steps", 120)

    def settle(self, name: str, *, at_once: int) -> None:
        """Wait for the end, hold the jobs to their promise, and print the figures.

        ``at_once`` is how many jobs can have been in flight at one interruption.
        """
        until(lambda: self.finished, "the end of all jobs", 120)
        lost = twice = again = most = 0
        for job in self.jobs:
            found = self.ledger.get(job)
            stories = [event.data.get("status") for event in self.ledger.events(job)]
            counts = [step for step, _ in steps_run(self.spec.home, job)]
            lost += found.status is not Status.SUCCEEDED or set(counts) != set(range(STEPS))
            twice += stories.count(Status.SUCCEEDED) != 1
            again += len(counts) - STEPS
            most = max(most, len(counts) - STEPS - (stories.count(Status.RUNNING) - 1))
            assert [event.id for event in self.ledger.events(job)] == list(
                range(1, found.last_event + 1)
            )
        seconds = time.monotonic() - self.begun
        print(
            f"\n{name}: {JOBS} jobs of {STEPS} steps, {self.interruptions} interruptions,"
            f" {lost} lost, {twice} finished twice, {again} steps repeated, {seconds:.1f} s"
        )
        assert (lost, twice) == (0, 0)
        assert most <= 0, "an attempt repeated more than the step in flight"
        assert again <= self.interruptions * at_once


@contextmanager
def workers(spec: Spec, n: int = 2) -> Iterator[Processes]:
    """Worker processes, ended in order; those in the list at the end, that is."""
    running = [spec.start() for _ in range(n)]
    try:
        yield running
    finally:
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
            end(process, signal.SIGTERM)


@pytest.fixture
def spec(url: str, tmp_path: Path) -> Spec:
    return Spec(url, tmp_path, LEASE_S)


def test_workers_are_killed(spec: Spec, ledger: Ledger) -> None:
    trial = Trial(spec, ledger, seconds=0.02)
    with workers(spec) as running:
        while not trial.finished and trial.interruptions < 6:
            trial.went_on()
            end(running.pop(0))
            trial.interruptions += 1
            running.append(spec.start())
        trial.settle(f"SIGKILL of workers ({ledger.dialect})", at_once=1)


@pytest.mark.server
@pytest.mark.parametrize("whom", ["api", "api and worker"])
def test_the_api_is_killed_and_streams_go_on(tmp_path: Path, whom: str) -> None:
    ledger = Ledger.at(tmp_path, kinds=KINDS)
    spec = Spec(ledger.url, tmp_path, LEASE_S, port=free_port())
    trial = Trial(spec, ledger, seconds=0.02)
    # Held open here, so that the graph's own process need not start again with every server.
    graph = Store.open(StoreConfig(tmp_path))
    server = spec.start()
    listeners = [Listener(spec.port, job) for job in (trial.jobs[0], trial.jobs[-1])] + [
        Listener(spec.port, trial.jobs[0])
    ]
    try:
        while not trial.finished and trial.interruptions < 3:
            trial.went_on(25)
            worker = int((tmp_path / "worker.pid").read_text())
            end(server)
            if whom == "api and worker":
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
            until(lambda pid=worker: not alive(pid), "the end of its worker")  # type: ignore[misc]
            trial.interruptions += 1
            server = spec.start()
        trial.settle(f"SIGKILL of {whom}", at_once=1)
        for listener in listeners:
            listener.join(60)
            assert not listener.is_alive()
            assert listener.seen == [event.id for event in ledger.events(listener.job)]
        print(f"  {sum(one.cuts for one in listeners)} streams cut, every event seen once")
    finally:
        end(server, signal.SIGTERM)
        graph.close()
        ledger.close()


class Listener(threading.Thread):
    """Follows a job's events, and takes the stream up again after its last one when it breaks."""

    def __init__(self, port: int, job: str) -> None:
        super().__init__(daemon=True)
        self.job, self.seen, self.cuts, self.over = job, [0][:0], 0, False
        self._url = f"http://127.0.0.1:{port}/api/v1/jobs/{job}/events"
        self.start()

    def run(self) -> None:
        while not self.over:
            with contextlib.suppress(httpx2.TransportError):
                self._follow()
            self.cuts += not self.over
            time.sleep(0.05)

    def _follow(self) -> None:
        headers = {"Last-Event-ID": str(self.seen[-1])} if self.seen else {}
        with httpx2.Client(timeout=10) as http, http.sse(self._url, headers=headers) as source:
            for event in source:
                self.over = event.event == "end"
                if not self.over:
                    self.seen.append(int(event.id))


@pytest.mark.server
def test_the_database_child_is_killed_in_mid_write(tmp_path: Path) -> None:
    ledger = Ledger.at(tmp_path, kinds=KINDS)
    spec, nodes = Spec(ledger.url, tmp_path, LEASE_S * 5), 40
    with Store.open(StoreConfig(tmp_path)) as store:
        schema.apply(store)
        trial = Trial(spec, ledger, "writes", nodes=nodes)
        with workers(spec) as running:
            while not trial.finished and trial.interruptions < 3:
                trial.went_on(25)
                attachment = store.attachment
                assert attachment is not None
                os.kill(attachment.state.pid, signal.SIGKILL)
                trial.interruptions += 1
                until(lambda dead=attachment: not dead.alive, "the end of the database")  # type: ignore[misc]
                # Whoever comes first starts it again; held open here, it outlives single jobs.
                functions.names(store)
            trial.settle("SIGKILL of the embedded database", at_once=len(running))
        ids = functions.names(store).keys()
        for job in trial.jobs:
            for step in range(STEPS):
                own = {f"{job}_s{step}", *(f"{job}_s{step}_f{n}" for n in range(nodes))}
                assert own <= ids
    ledger.close()


@pytest.mark.postgres
def test_the_ledgers_server_is_killed(postgres: postgres_server.Server, tmp_path: Path) -> None:
    url = postgres.new_database()
    ledger = Ledger(url, kinds=KINDS)
    spec = Spec(url, tmp_path, LEASE_S)
    trial = Trial(spec, ledger, seconds=0.02)
    with workers(spec) as running:
        while not trial.finished and trial.interruptions < 3:
            trial.went_on(25)
            postgres.kill()
            time.sleep(LEASE_S * 0.5 * (1 + trial.interruptions))
            postgres.start()
            trial.interruptions += 1
        trial.settle("SIGKILL of PostgreSQL", at_once=len(running))
    ledger.close()


def test_workers_are_frozen_past_their_lease(tmp_path: Path) -> None:
    ledger = Ledger.at(tmp_path, kinds=KINDS)
    spec = Spec(ledger.url, tmp_path, LEASE_S)
    trial = Trial(spec, ledger, seconds=0.05)
    stale: list[int] = []
    taken = 0
    with workers(spec, 3) as running:
        while not trial.finished and trial.interruptions < 3:
            frozen = running[trial.interruptions].pid
            until(lambda pid=frozen: trial.running(pid) or trial.finished, "a job of its")  # type: ignore[misc]
            group = freeze(frozen, spec.home / "jobs.db")
            trial.interruptions += 1
            stopped = trial.running(frozen)
            if stopped is not None:
                until(lambda job=stopped: ledger.get(job.id).fence > job.fence, "a takeover")  # type: ignore[misc]
                taken += 1
            stale += group[1:]
            for pid in group:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
        trial.settle("SIGSTOP past the lease", at_once=1)
        until(lambda: not any(alive(pid) for pid in stale), "the end of stale processes")
    assert taken, "no worker was frozen at work"
    print(f"  {taken} jobs taken over from frozen workers, whose late writes were refused")
    ledger.close()


def freeze(worker: int, database: Path) -> list[int]:
    """Stop a worker and its job, but not while they hold SQLite's one write lock.

    A process that is stopped within a commit keeps everybody waiting until it wakes or dies; that
    is SQLite's nature and not what is tested here.
    """
    while True:
        group = [worker, *children(worker)]
        for pid in group:
            os.kill(pid, signal.SIGSTOP)
        probe = sqlite3.connect(database, timeout=0.3, isolation_level=None)
        try:
            probe.execute("BEGIN IMMEDIATE")
            probe.execute("ROLLBACK")
            return group
        except sqlite3.OperationalError:
            for pid in group:
                os.kill(pid, signal.SIGCONT)
            time.sleep(0.01)
        finally:
            probe.close()


def test_the_disk_fills_up(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small") as disk:
        url = f"sqlite:///{disk / 'jobs.db'}"
        ledger = Ledger(url, kinds=KINDS)
        spec = Spec(url, tmp_path, LEASE_S)
        trial = Trial(spec, ledger, seconds=0.02)
        with workers(spec) as running:
            while not trial.finished and trial.interruptions < 3:
                trial.went_on(25)
                fill(disk / "filler")
                trial.interruptions += 1
                time.sleep(LEASE_S * 1.5)
                (disk / "filler").unlink()
            trial.settle("disk full", at_once=len(running))
        ledger.close()


@contextmanager
def small_disk(place: Path) -> Iterator[Path]:
    """A file system of 16 MB, room for SQLite's log of 4 MB; skips where we may not mount one."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "neuroweave-test", str(place)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"THE DISK-FULL TEST IS SKIPPED, it cannot mount a small disk: {error}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(path: Path) -> None:
    """Take all the room there is."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 4096)


def test_the_clock_steps_and_no_lease_is_stolen(tmp_path: Path) -> None:
    ledger = Ledger.at(tmp_path, kinds=KINDS)
    spec = Spec(ledger.url, tmp_path, LEASE_S)
    trial = Trial(spec, ledger, seconds=0.02)
    offset = spec.home / "offset"
    steps: list[Callable[[], None]] = []
    for hours in (1, -1, 0, -1, 1):
        steps.append(lambda hours=hours: set_to(offset, hours * 3600))  # type: ignore[misc]
    with workers(spec) as running:
        for step in steps:
            trial.went_on(20)
            step()
        # A worker dies while its clock is an hour off: its lease must still run out.
        if not trial.finished:
            end(running.pop(0))
            trial.interruptions += 1
            set_to(offset, -3600)
            running.append(spec.start())
        trial.settle("clock steps of an hour", at_once=1)
    claims = sum(
        event.data.get("status") == Status.RUNNING
        for job in trial.jobs
        for event in ledger.events(job)
    )
    assert claims <= JOBS + trial.interruptions, "a lease was taken from somebody alive"
    ledger.close()


def set_to(offset: Path, seconds: int) -> None:
    """Step the workers' wall clock."""
    offset.with_suffix(".part").write_text(str(seconds))
    offset.with_suffix(".part").rename(offset)
