"""Where a claimed job runs: here, in one process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from graph.config import StoreConfig

TAIL = 4000
"""Bytes kept of what a process said on stderr."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Everything that the process needs to know. It travels over stdin, so secrets stay private."""

    ledger_url: str
    job_id: str
    fence: int
    target: str
    home: Path
    store_config: StoreConfig
    backoff_s: float = 2.0

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, line: str) -> Assignment:
        """Inverse of :meth:`to_json`."""
        plain: dict[str, Any] = json.loads(line)
        store = plain.pop("store_config")
        config = StoreConfig(**{**store, "home": Path(store["home"])})
        return cls(**{**plain, "home": Path(plain["home"])}, store_config=config)


class LocalProcess:
    """A started job. It leads a process group, so what it starts in turn ends with it.

    Its stdin stays open while the worker lives. When the worker is gone, by whatever signal, the
    pipe closes and the process ends itself.
    """

    def __init__(self, assignment: Assignment) -> None:
        self._said: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115  (lives with the process)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "jobs.child"],
            stdin=subprocess.PIPE,
            stdout=self._said,
            stderr=self._said,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(assignment.to_json().encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            # It died at once: its exit code and stderr say why.
            self._process.wait()

    @property
    def pid(self) -> int:
        """Process id, which is also its group's."""
        return self._process.pid

    def wait(self, timeout_s: float) -> int | None:
        """Exit code (negative: a signal), or None if it still runs after ``timeout_s``."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, grace_s: float) -> None:
        """Ask the group to end, and end it after ``grace_s``."""
        self._signal(signal.SIGTERM)
        self.wait(grace_s)
        self.kill()

    def kill(self) -> None:
        """End the whole group now."""
        self._signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        self._process.wait()

    def tail(self) -> str:
        """The end of what it said on stdout and stderr."""
        size = self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, size - TAIL))
        return self._said.read().decode(errors="replace").strip()

    def close(self) -> None:
        """Forget an ended process."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._said.close()

    def _signal(self, number: signal.Signals) -> None:
        try:
            if os.name == "posix":
                os.killpg(self._process.pid, number)
            else:
                self._process.terminate()
        except (ProcessLookupError, PermissionError):
            return  # the whole group has ended already (macOS: only zombies are left)
