"""The ledger: idempotency, leases, fencing, cancelling, events."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from atlas.errors import Conflict, InvalidInput, NotFound, Unavailable
from jobs.job import Job, Status
from jobs.ledger import Ledger
from tests.jobs.conftest import Clock
from tests.jobs.kinds import KINDS
from tests.servers.postgres import Server


def claimed(ledger: Ledger, worker: str = "w", lease_s: float = 30.0) -> Job:
    job = ledger.claim(worker, lease_s=lease_s)
    assert job is not None
    return job


def submit(ledger: Ledger, max_attempts: int = 3) -> Job:
    return ledger.submit("echo", {"x": 1}, by="ada", max_attempts=max_attempts)


def test_a_job_goes_from_queue_to_result(timed: Ledger, clock: Clock) -> None:
    job = submit(timed)
    assert (job.status, job.attempts, job.by) == (Status.QUEUED, 0, "ada")
    clock.now += 1
    mine = claimed(timed)
    assert (mine.id, mine.status, mine.attempts, mine.fence) == (job.id, Status.RUNNING, 1, 1)
    assert timed.claim("other") is None
    timed.progress(job.id, mine.fence, "half", 0.5)
    clock.now += 1
    done = timed.finish(job.id, mine.fence, {"answer": 42})
    assert (done.status, done.result, done.fraction) == (Status.SUCCEEDED, {"answer": 42}, 1.0)
    assert done.finished_at == done.submitted_at + 2
    shown = done.to_dict()
    assert shown["status"] == "succeeded"
    assert shown["submitted_at"] == "1970-01-12T13:46:40.000+00:00"
    assert not {"fence", "lease_s", "beat", "worker", "last_checkpoint"} & shown.keys()


def test_oldest_first_and_only_known_kinds(timed: Ledger, clock: Clock) -> None:
    ids = []
    for kind in ("echo", "steps", "echo"):
        clock.now += 1
        ids.append(timed.submit(kind, {}, by="ada").id)
    order = [claimed(timed).id, timed.claim("w", kinds=["echo"]), claimed(timed).id]
    assert isinstance(order[1], Job)
    assert [order[0], order[1].id, order[2]] == [ids[0], ids[2], ids[1]]
    with pytest.raises(InvalidInput, match="kind: found dance, expected one of echo"):
        timed.submit("dance", {}, by="ada")


def test_same_key_same_body_same_job(timed: Ledger) -> None:
    first = timed.submit("echo", {"a": 1, "b": 2}, by="ada", idempotency_key="k")
    again = timed.submit("echo", {"b": 2, "a": 1}, by="ada", idempotency_key="k")
    assert again == first
    with pytest.raises(InvalidInput) as error:
        timed.submit("echo", {"a": 2}, by="ada", idempotency_key="k")
    assert (error.value.field, error.value.status) == ("idempotency_key", 422)
    others = [
        timed.submit("echo", {"a": 1, "b": 2}, by="bob", idempotency_key="k"),
        timed.submit("echo", {"a": 1, "b": 2}, by="ada", idempotency_key="l"),
        timed.submit("echo", {"a": 1, "b": 2}, by="ada"),
        timed.submit("echo", {"a": 1, "b": 2}, by="ada"),
    ]
    assert len({job.id for job in [first, *others]}) == 5


def test_one_key_from_many_threads_makes_one_job(ledger: Ledger) -> None:
    start = threading.Barrier(8)

    def submit_it(_: int) -> str:
        start.wait()
        return ledger.submit("echo", {"a": 1}, by="ada", idempotency_key="k").id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(submit_it, range(8)))) == 1
    assert len(ledger.list()[0]) == 1


def test_two_workers_never_claim_one_job(ledger: Ledger) -> None:
    jobs = {submit(ledger).id for _ in range(40)}
    start = threading.Barrier(8)

    def claim_all(worker: int) -> list[str]:
        start.wait()
        found = []
        while job := ledger.claim(f"w{worker}"):
            found.append(job.id)
        return found

    with ThreadPoolExecutor(8) as pool:
        claims = [job for part in pool.map(claim_all, range(8)) for job in part]
    assert len(claims) == 40
    assert set(claims) == jobs


CLAIM_ALL = """
import sys
from jobs.ledger import Ledger
from tests.jobs.kinds import KINDS
ledger = Ledger(sys.argv[1], kinds=KINDS)
sys.stdin.readline()
while job := ledger.claim(sys.argv[2]):
    print(job.id)
"""


def test_nor_do_worker_processes(ledger: Ledger) -> None:
    jobs = {submit(ledger).id for _ in range(30)}
    root = Path(__file__).parents[2]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIM_ALL, ledger.url, f"w{number}"],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    outputs = [process.communicate("go\n", timeout=60)[0].split() for process in processes]
    claims = [job for output in outputs for job in output]
    assert len(claims) == 30
    assert set(claims) == jobs


def test_an_expired_lease_goes_to_another_and_the_late_one_is_refused(
    timed: Ledger, clock: Clock
) -> None:
    job = submit(timed)
    slow = claimed(timed, "slow", lease_s=30)
    timed.checkpoint(job.id, slow.fence, {"step": 3})
    clock.now += 29
    assert timed.claim("other") is None
    timed.renew(job.id, slow.fence, lease_s=30)
    clock.now += 29
    assert timed.claim("other") is None
    clock.now += 2
    other = claimed(timed, "other")
    assert (other.id, other.attempts, other.fence) == (job.id, 2, 2)
    assert other.last_checkpoint == {"step": 3}
    for late in (
        lambda: timed.renew(job.id, slow.fence),
        lambda: timed.progress(job.id, slow.fence, "still here", 0.9),
        lambda: timed.append_event(job.id, slow.fence, "note", {}),
        lambda: timed.checkpoint(job.id, slow.fence, {"step": 4}),
        lambda: timed.finish(job.id, slow.fence, {"from": "slow"}),
        lambda: timed.fail(job.id, slow.fence, {"title": "no"}),
        lambda: timed.try_again(job.id, slow.fence, {"title": "no"}),
        lambda: timed.release(job.id, slow.fence),
        lambda: timed.stopped(job.id, slow.fence),
    ):
        with pytest.raises(Conflict, match="fence"):
            late()
    assert timed.finish(job.id, other.fence, {"from": "other"}).result == {"from": "other"}
    with pytest.raises(Conflict):
        timed.finish(job.id, other.fence, {"from": "other, twice"})


def test_a_worker_that_wakes_before_anybody_noticed_keeps_its_job(
    timed: Ledger, clock: Clock
) -> None:
    submit(timed)
    slow = claimed(timed, lease_s=30)
    clock.now += 60
    timed.renew(slow.id, slow.fence, lease_s=30)
    assert timed.claim("other") is None


def test_lost_workers_use_up_the_attempts(timed: Ledger, clock: Clock) -> None:
    job = submit(timed, max_attempts=2)
    for _ in range(2):
        claimed(timed, lease_s=10)
        clock.now += 11
    assert timed.claim("w") is None
    failed = timed.get(job.id)
    assert failed.status is Status.FAILED
    assert failed.problem is not None
    assert failed.problem["code"] == "lease-lost"


def test_a_failed_attempt_waits_and_the_last_one_fails(timed: Ledger, clock: Clock) -> None:
    job = submit(timed, max_attempts=2)
    first = claimed(timed)
    assert timed.try_again(job.id, first.fence, {"title": "t"}, delay_s=5).status is Status.QUEUED
    assert timed.claim("w") is None
    clock.now += 5
    second = claimed(timed)
    last = timed.try_again(job.id, second.fence, {"title": "t"}, delay_s=5)
    assert (last.status, last.problem) == (Status.FAILED, {"title": "t"})


def test_a_released_job_costs_no_attempt(timed: Ledger) -> None:
    submit(timed)
    mine = claimed(timed)
    released = timed.release(mine.id, mine.fence)
    assert (released.status, released.attempts) == (Status.QUEUED, 0)
    assert claimed(timed).fence == 2


def test_cancel_queued_running_and_ended(timed: Ledger, clock: Clock) -> None:
    queued = submit(timed)
    assert timed.cancel(queued.id).status is Status.CANCELLED
    assert timed.cancel(queued.id).status is Status.CANCELLED
    running = submit(timed)
    mine = claimed(timed)
    asked = timed.cancel(running.id)
    assert (asked.status, asked.cancel_requested) == (Status.RUNNING, True)
    assert timed.cancel(running.id).last_event == asked.last_event
    assert timed.renew(running.id, mine.fence).cancel_requested
    assert timed.stopped(running.id, mine.fence).status is Status.CANCELLED
    submit(timed)
    mine = claimed(timed)
    timed.finish(mine.id, mine.fence, {})
    with pytest.raises(Conflict, match="succeeded"):
        timed.cancel(mine.id)
    with pytest.raises(NotFound):
        timed.cancel("nobody")


def test_a_cancelled_job_of_a_lost_worker_is_not_run_again(timed: Ledger, clock: Clock) -> None:
    job = submit(timed)
    claimed(timed, lease_s=10)
    timed.cancel(job.id)
    clock.now += 11
    assert timed.claim("w") is None
    assert timed.get(job.id).status is Status.CANCELLED


def test_retry_starts_over_with_the_checkpoint(timed: Ledger) -> None:
    job = submit(timed)
    with pytest.raises(Conflict):
        timed.retry(job.id)
    mine = claimed(timed)
    timed.checkpoint(job.id, mine.fence, {"step": 2})
    timed.fail(job.id, mine.fence, {"title": "t"})
    again = timed.retry(job.id)
    assert (again.status, again.attempts, again.problem) == (Status.QUEUED, 0, None)
    mine = claimed(timed)
    assert (mine.attempts, mine.fence, mine.last_checkpoint) == (1, 2, {"step": 2})


def test_events_count_up_and_can_be_taken_up_anywhere(timed: Ledger) -> None:
    job = submit(timed)
    mine = claimed(timed)
    timed.progress(job.id, mine.fence, "half", 0.5)
    timed.append_event(job.id, mine.fence, "note", {"text": "hm"})
    timed.finish(job.id, mine.fence, {})
    events = timed.events(job.id)
    assert [event.id for event in events] == [1, 2, 3, 4, 5]
    assert [event.kind for event in events] == ["status", "status", "progress", "note", "status"]
    assert events[2].data == {"message": "half", "fraction": 0.5}
    assert timed.events(job.id, after=3) == events[3:]
    assert timed.events(job.id, after=1, limit=2) == events[1:3]
    assert timed.events(job.id, after=5) == []
    assert events[0].to_dict()["data"] == {"status": "queued"}
    with pytest.raises(NotFound):
        timed.events("nobody")


def test_event_numbers_have_no_gaps_under_concurrency(ledger: Ledger) -> None:
    submit(ledger)
    mine = claimed(ledger)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: ledger.progress(mine.id, mine.fence, f"{n}", n / 40), range(40)))
    assert [event.id for event in ledger.events(mine.id)] == list(range(1, 43))


def test_pages_are_newest_first_and_filtered(timed: Ledger, clock: Clock) -> None:
    ids = []
    for number in range(5):
        clock.now += 1
        ids.append(timed.submit("echo", {"n": number}, by="ada" if number else "bob").id)
    page, following = timed.list(limit=2)
    assert [job.id for job in page] == [ids[4], ids[3]]
    page, following = timed.list(limit=2, after=following)
    assert [job.id for job in page] == [ids[2], ids[1]]
    page, following = timed.list(limit=2, after=following)
    assert ([job.id for job in page], following) == ([ids[0]], None)
    assert [job.id for job in timed.list(by="bob")[0]] == [ids[0]]
    claimed(timed)
    assert [job.id for job in timed.list(status=Status.RUNNING)[0]] == [ids[0]]
    assert timed.list(kind="steps") == ([], None)
    with pytest.raises(InvalidInput, match="status: found asleep, expected one of queued"):
        timed.list(status="asleep")


def test_payloads_must_be_json(timed: Ledger) -> None:
    for payload in ({"x": Path()}, {"x": float("nan")}):
        with pytest.raises(InvalidInput, match="payload"):
            timed.submit("echo", payload, by="ada")


def test_an_unusable_place_is_said_clearly(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(Unavailable, match="jobs"):
        Ledger(f"sqlite:///{blocked / 'jobs.db'}")
    (tmp_path / "bad.db").write_bytes(b"not a database" * 100)
    with pytest.raises(Unavailable, match="jobs"):
        Ledger(f"sqlite:///{tmp_path / 'bad.db'}")
    for url in ("nonsense", "oracle-of-delphi://x", "mysql://a:b@c/d"):
        with pytest.raises(InvalidInput, match=r"jobs\.url"):
            Ledger(url)


def test_many_processes_may_make_the_tables_at_once(tmp_path: Path) -> None:
    start = threading.Barrier(6)

    def open_it(_: int) -> int:
        start.wait()
        ledger = Ledger.at(tmp_path)
        try:
            return len(ledger.list()[0])
        finally:
            ledger.close()

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(open_it, range(6))) == [0] * 6


def test_users_take_turns_within_a_priority(timed: Ledger, clock: Clock) -> None:
    for number in range(30):
        clock.now += 1
        timed.submit("echo", {"n": number}, by="busy")
    for number in range(3):
        clock.now += 1
        timed.submit("echo", {"n": number}, by="calm")
    clock.now += 1
    timed.submit("echo", {}, by="admin", priority=7)
    timed.submit("echo", {}, by="patient", priority=-7)
    order = [claimed(timed, lease_s=1e6) for _ in range(35)]
    assert order[0].by == "admin"
    assert [job.by for job in order[1:7]] == ["busy", "calm"] * 3
    assert {job.by for job in order[7:-1]} == {"busy"}
    assert [job.payload["n"] for job in order[7:-1]] == list(range(3, 30))
    assert order[-1].by == "patient"


def test_no_more_jobs_of_a_kind_run_than_its_limit(url: str) -> None:
    ledgers = [Ledger(url, kinds=KINDS, limits={"echo": 2}) for _ in range(4)]
    for _ in range(6):
        submit(ledgers[0])
    steps = ledgers[0].submit("steps", {}, by="ada")
    start = threading.Barrier(4)

    def claim(ledger: Ledger) -> Job | None:
        start.wait()
        return ledger.claim("w")

    with ThreadPoolExecutor(4) as pool:
        found = [job for job in pool.map(claim, ledgers) if job]
    assert sorted(job.kind for job in found) == ["echo", "echo", "steps"]
    assert steps.id in {job.id for job in found}
    first = next(job for job in found if job.kind == "echo")
    ledgers[0].finish(first.id, first.fence, {})
    assert claimed(ledgers[3]).kind == "echo"
    assert ledgers[2].claim("w") is None
    for ledger in ledgers:
        ledger.close()
    with pytest.raises(InvalidInput, match=r"jobs\.limits: found dance"):
        Ledger(url, kinds=KINDS, limits={"dance": 1})


def test_purge_forgets_what_ended_long_ago_with_its_events(timed: Ledger, clock: Clock) -> None:
    old = timed.cancel(timed.submit("echo", {"x": 1}, by="ada", idempotency_key="k", priority=3).id)
    clock.now += 100
    young, queued = timed.cancel(submit(timed).id), submit(timed)
    assert timed.purge(50) == 1
    assert timed.purge(50) == 0
    for gone in (lambda: timed.get(old.id), lambda: timed.events(old.id)):
        with pytest.raises(NotFound):
            gone()
    assert {job.id for job in timed.list()[0]} == {young.id, queued.id}
    again = timed.submit("echo", {"x": 2}, by="ada", idempotency_key="k")
    assert again.id != old.id
    with pytest.raises(InvalidInput):
        timed.purge(-1)


def test_a_key_is_held_while_its_request_is_checked(timed: Ledger) -> None:
    with timed.submitting("ada", "k"):
        with pytest.raises(Conflict, match="idempotency_key"), timed.submitting("ada", "k"):
            pass
        with timed.submitting("bob", "k"), timed.submitting("ada", None):
            pass
    with timed.submitting("ada", "k"):
        pass


def test_odd_texts_and_bounds(timed: Ledger) -> None:
    job = timed.submit("echo", {"text": "a\0b\ud800 \u00e9"}, by="ada")
    mine = claimed(timed)
    timed.progress(job.id, mine.fence, "a\0b\ud800", float(2))
    assert (timed.get(job.id).message, timed.get(job.id).fraction) == ("ab?", 1.0)
    assert timed.get(job.id).payload == job.payload
    for wrong in ({"by": "x" * 201}, {"idempotency_key": "\0"}, {"priority": 101}):
        with pytest.raises(InvalidInput):
            timed.submit("echo", {}, **{"by": "ada", **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
def test_a_step_of_the_wall_clock_moves_no_lease(url: str, clock: Clock, step_s: float) -> None:
    steady = Clock()
    ours, theirs = (Ledger(url, kinds=KINDS, clock=clock, monotonic=steady) for _ in range(2))
    job = submit(ours)
    mine = claimed(ours, lease_s=30)
    assert theirs.claim("other") is None  # sees the lease for the first time
    clock.now += step_s
    steady.now += 29
    assert theirs.claim("other") is None, "stolen early"
    assert ours.renew(job.id, mine.fence, lease_s=30).beat == 1
    steady.now += 29
    assert theirs.claim("other") is None
    steady.now += 31
    other = claimed(theirs, "other")
    assert (other.id, other.fence) == (job.id, 2), "never expired"
    again = theirs.try_again(job.id, other.fence, {"title": "t"}, delay_s=60)
    assert again.status is Status.QUEUED
    clock.now -= 3600
    assert claimed(ours).id == job.id, "a pause that a clock set back would make an hour longer"
    ours.close()
    theirs.close()


def test_a_ledger_of_an_older_version_is_brought_up_to_date(tmp_path: Path) -> None:
    ledger = Ledger.at(tmp_path, kinds=KINDS)
    job = submit(ledger)
    ledger.close()
    with sqlite3.connect(tmp_path / "jobs.db") as old:
        old.execute("DROP INDEX job_queue")
        for column in ("priority", "beat", "lease_s"):
            old.execute(f"ALTER TABLE job DROP COLUMN {column}")
        old.execute("DROP TABLE job_turn")
    ledger = Ledger.at(tmp_path, kinds=KINDS)
    mine = claimed(ledger)
    assert (mine.id, mine.priority, mine.beat) == (job.id, 0, 0)
    ledger.close()


@pytest.mark.postgres
def test_a_restarted_server_is_found_again(postgres: Server) -> None:
    ledger = Ledger(postgres.new_database(), kinds=KINDS)
    job = submit(ledger)
    postgres.kill()
    with pytest.raises(Unavailable, match="a ledger that answers"):
        ledger.get(job.id)
    with pytest.raises(Unavailable, match="opened and written"):
        Ledger(ledger.url)
    postgres.start()
    assert ledger.get(job.id) == job
    ledger.close()


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pg8000", None)
    with pytest.raises(InvalidInput, match=r"driver is not installed.*neuroweave\[postgresql\]"):
        Ledger("postgresql://ada@localhost/jobs")
