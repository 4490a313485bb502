"""Any sequence of calls: a job has one owner, finishes once, and its events tell its story."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from atlas.errors import Conflict
from jobs.job import Status
from jobs.ledger import Ledger
from tests.jobs.conftest import Clock

LEASE_S = 10.0


@dataclass
class Expected:
    """What the ledger should say of a job."""

    status: Status = Status.QUEUED
    fence: int = 0
    attempts: int = 0
    lease_until: float = 0.0
    cancel: bool = False
    max_attempts: int = 2


class LedgerMachine(RuleBasedStateMachine):
    ids = Bundle("ids")
    tokens = Bundle("tokens")

    @initialize()
    def open(self) -> None:
        self.clock = Clock()
        self.ledger = Ledger("sqlite://", clock=self.clock, monotonic=self.clock)
        self.jobs: dict[str, Expected] = {}

    def teardown(self) -> None:
        self.ledger.close()

    @rule(target=ids)
    def submit(self) -> str:
        self.clock.now += 0.001
        job = self.ledger.submit("build", {}, by="ada", max_attempts=2)
        self.jobs[job.id] = Expected()
        return job.id

    @rule(seconds=st.sampled_from([1.0, 6.0, 11.0]))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule(target=tokens)
    def claim(self) -> object:
        for job in self.jobs.values():
            if job.status is Status.RUNNING and job.lease_until < self.clock.now:
                job.status = (
                    Status.CANCELLED
                    if job.cancel
                    else Status.FAILED
                    if job.attempts >= job.max_attempts
                    else Status.QUEUED
                )
        queued = [name for name, job in self.jobs.items() if job.status is Status.QUEUED]
        claimed = self.ledger.claim("w", lease_s=LEASE_S)
        if not queued:
            assert claimed is None
            return multiple()
        assert claimed is not None
        assert claimed.id == min(queued)
        job = self.jobs[claimed.id]
        job.status, job.cancel = Status.RUNNING, False
        job.fence, job.attempts = job.fence + 1, job.attempts + 1
        job.lease_until = self.clock.now + LEASE_S
        return claimed.id, claimed.fence

    @rule(token=tokens, what=st.sampled_from(["progress", "checkpoint", "renew"]))
    def hold(self, token: tuple[str, int], what: str) -> None:
        job_id, fence = token
        calls: dict[str, Callable[[], object]] = {
            "progress": lambda: self.ledger.progress(job_id, fence, "on", 0.5),
            "checkpoint": lambda: self.ledger.checkpoint(job_id, fence, {"step": 1}),
            "renew": lambda: self.ledger.renew(job_id, fence, lease_s=LEASE_S),
        }
        try:
            calls[what]()
        except Conflict:
            assert not self.owns(token)
        else:
            assert self.owns(token)
            if what == "renew":
                self.jobs[job_id].lease_until = self.clock.now + LEASE_S

    @rule(
        token=consumes(tokens),
        what=st.sampled_from(["finish", "fail", "stopped", "release", "try_again"]),
    )
    def end(self, token: tuple[str, int], what: str) -> None:
        job_id, fence = token
        job = self.jobs[job_id]
        last = job.attempts >= job.max_attempts
        calls: dict[str, tuple[Callable[[], object], Status]] = {
            "finish": (lambda: self.ledger.finish(job_id, fence, {}), Status.SUCCEEDED),
            "fail": (lambda: self.ledger.fail(job_id, fence, {}), Status.FAILED),
            "stopped": (lambda: self.ledger.stopped(job_id, fence), Status.CANCELLED),
            "release": (lambda: self.ledger.release(job_id, fence), Status.QUEUED),
            "try_again": (
                lambda: self.ledger.try_again(job_id, fence, {}),
                Status.FAILED if last else Status.QUEUED,
            ),
        }
        call, status = calls[what]
        try:
            call()
        except Conflict:
            assert not self.owns(token)
        else:
            assert self.owns(token)
            job.status = status
            job.attempts -= what == "release"
            job.cancel = job.cancel and status is not Status.QUEUED

    @rule(job_id=ids)
    def cancel(self, job_id: str) -> None:
        job = self.jobs[job_id]
        try:
            self.ledger.cancel(job_id)
        except Conflict:
            assert job.status in (Status.SUCCEEDED, Status.FAILED)
        else:
            assert job.status in (Status.QUEUED, Status.RUNNING, Status.CANCELLED)
            if job.status is Status.QUEUED:
                job.status = Status.CANCELLED
            job.cancel = job.status is Status.RUNNING

    @rule(job_id=ids)
    def retry(self, job_id: str) -> None:
        job = self.jobs[job_id]
        try:
            self.ledger.retry(job_id)
        except Conflict:
            assert job.status not in (Status.FAILED, Status.CANCELLED)
        else:
            assert job.status in (Status.FAILED, Status.CANCELLED)
            job.status, job.attempts, job.cancel = Status.QUEUED, 0, False

    def owns(self, token: tuple[str, int]) -> bool:
        job = self.jobs[token[0]]
        return job.status is Status.RUNNING and job.fence == token[1]

    @invariant()
    def as_expected(self) -> None:
        for job_id, expected in getattr(self, "jobs", {}).items():
            job = self.ledger.get(job_id)
            assert (job.status, job.fence, job.attempts) == (
                expected.status,
                expected.fence,
                expected.attempts,
            )
            events = self.ledger.events(job_id)
            assert [event.id for event in events] == list(range(1, job.last_event + 1))
            story = [e.data["status"] for e in events if e.kind == "status"]
            assert story[-1] == job.status
            assert story.count(Status.SUCCEEDED) <= 1


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
