"""Workers and servers as processes of their own, to be killed, and what they leave behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from graph.config import StoreConfig
from jobs.ledger import Ledger
from jobs.worker import Worker
from tests.jobs.kinds import KINDS

ROOT = Path(__file__).parents[2]


def until(condition: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Wait, and fail rather than wait for ever."""
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


def children(pid: int) -> list[int]:
    """The processes that this one has started."""
    return [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@dataclass(frozen=True)
class Spec:
    """What a process is told: where the ledger and the data are, and how long leases last.

    ``port`` makes it a server with a worker below it. The wall clock is off by the number of
    seconds in ``<home>/offset``, where that file is.
    """

    url: str
    home: Path
    lease_s: float = 1.0
    port: int = 0

    def start(self) -> subprocess.Popen[bytes]:
        """Start it; it ends when we do, in order when told so by SIGTERM."""
        told = json.dumps({**self.__dict__, "home": str(self.home)})
        command = [sys.executable, "-m", "tests.jobs.processes", told]
        return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE)

    def ledger(self) -> Ledger:
        """The ledger as the process sees it."""
        offset = self.home / "offset"

        def clock() -> float:
            return time.time() + (float(offset.read_text() or 0) if offset.exists() else 0.0)

        return Ledger(self.url, kinds=KINDS, clock=clock)


def end(process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGKILL) -> None:
    """Send the signal and wait for the end."""
    process.send_signal(number)
    process.wait(30)
    if process.stdin is not None:
        process.stdin.close()


def steps_run(home: Path, job_id: str) -> list[tuple[int, int]]:
    """The steps that were begun, in order, and by which process: the log outside the ledger."""
    log = home / f"{job_id}.log"
    lines = log.read_text().splitlines() if log.exists() else []
    return [(int(step), int(pid)) for step, pid in (line.split() for line in lines)]


def _work(spec: Spec) -> None:
    Worker(
        spec.ledger(),
        home=spec.home,
        store_config=StoreConfig(spec.home),
        lease_s=spec.lease_s,
        poll_s=0.05,
        backoff_s=0.2,
    ).run(stop_at_stdin_end=True)


def _serve(spec: Spec) -> None:
    """As ``neuroweave serve`` does, with the tests' kinds of jobs."""
    from api.app import create_app
    from api.config import ApiConfig
    from api.context import opened
    from api.server import Server, bind
    from graph.store import Store

    config = ApiConfig(
        spec.home, StoreConfig(spec.home), spec.url, event_poll_s=0.05, event_ping_s=0.2
    )
    with (
        bind(port=spec.port) as listener,
        Store.open(config.store_config) as store,
        opened(config, store) as context,
    ):
        worker = replace(spec, port=0).start()
        (spec.home / "worker.pid").write_text(str(worker.pid))
        try:
            app = create_app(config, replace(context, ledger=spec.ledger()))
            Server(app).run([listener])
        finally:
            end(worker, signal.SIGTERM)


if __name__ == "__main__":
    os.environ.setdefault("NEUROWEAVE_HOME", str(json.loads(sys.argv[1])["home"]))
    told = json.loads(sys.argv[1])
    spec = Spec(**{**told, "home": Path(told["home"])})
    _serve(spec) if spec.port else _work(spec)
