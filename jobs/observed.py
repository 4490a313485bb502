"""Leases judged without comparing clocks: has the holder been silent for as long as it may be?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple


class Lease(NamedTuple):
    """A running job as it stands in the ledger."""

    job: str
    fence: int
    beat: int
    lease_s: float


class Observed:
    """When this process first saw each lease in its present state.

    A lease is over when its ``beat`` has not changed for ``lease_s`` seconds of *our own* monotonic
    clock. Wall clocks play no part: they may step by an hour or differ between machines. The price
    is that a process which has just started waits a whole lease before it takes over. The leader
    election of Kubernetes' client-go works in this way.

    >>> now = [0.0]
    >>> seen, lease = Observed(lambda: now[0]), Lease("j", 1, 0, 30.0)
    >>> seen.expired([lease]), now.append(31.0), now.pop(0), seen.expired([lease])
    ([], None, 0.0, [Lease(job='j', fence=1, beat=0, lease_s=30.0)])
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, tuple[int, int, float]] = {}
        self._lock = threading.Lock()

    def note(self, job: str, fence: int, beat: int) -> None:
        """We have claimed or renewed this lease ourselves, just now."""
        with self._lock:
            self._seen[job] = (fence, beat, self._clock())

    def expired(self, running: Iterable[Lease]) -> list[Lease]:
        """Those of all running jobs whose holders have been silent for too long."""
        with self._lock:
            now, seen, over = self._clock(), {}, []
            for lease in running:
                fence, beat, at = self._seen.get(lease.job, (0, 0, now))
                if (fence, beat) != (lease.fence, lease.beat):
                    at = now
                seen[lease.job] = (lease.fence, lease.beat, at)
                if now - at > lease.lease_s:
                    over.append(lease)
            self._seen = seen
        return over
