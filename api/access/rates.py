"""How often and how much at once: token buckets in the memory of one server process.

Everything here runs on the event loop's one thread, so it needs no lock. Several processes count
apart from each other; a limit over all of them belongs into the proxy in front.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from math import ceil

from api.access.errors import TooMany

MAX_BUCKETS = 50_000
"""Buckets kept; the longest unused go first, so that many addresses cannot fill the memory."""


@dataclass(slots=True)
class Bucket:
    """Tokens of one caller; they grow back evenly, up to a minute's worth."""

    tokens: float
    at: float


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a caller stands after a request: the limit, what is left, seconds until all is back."""

    limit: int
    remaining: int
    reset_s: int

    @property
    def headers(self) -> dict[str, str]:
        """As the headers of the IETF's RateLimit draft (version 3)."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_s),
        }


class Rates:
    """Token buckets by name.

    >>> now = [0.0]
    >>> rates = Rates(clock=lambda: now[0])
    >>> [rates.take("ada", per_minute=2).remaining for _ in range(2)]
    [1, 0]
    >>> rates.take("ada", per_minute=2)
    Traceback (most recent call last):
    api.access.errors.TooMany: requests: found none left of this minute, expected at most 2 a minute
    >>> now[0] = 30.0
    >>> rates.take("ada", per_minute=2).reset_s
    60
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, name: str, *, per_minute: int) -> Standing:
        """Take one token.

        Raises:
            TooMany: there was none; it says when there will be.
        """
        now, each_s = self._clock(), 60.0 / per_minute
        bucket = self._buckets.pop(name, None) or Bucket(float(per_minute), now)
        self._buckets[name] = bucket  # the last used is the last to go
        while len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)
        bucket.tokens = min(per_minute, bucket.tokens + (now - bucket.at) / each_s)
        bucket.at = now
        if bucket.tokens < 1.0:
            raise self._empty(per_minute, bucket.tokens)
        bucket.tokens -= 1.0
        return _standing(per_minute, bucket.tokens)

    @staticmethod
    def _empty(per_minute: int, tokens: float) -> TooMany:
        error = TooMany(
            "requests",
            found="none left of this minute",
            expected=f"at most {per_minute} a minute",
            wait_s=(1.0 - tokens) * 60.0 / per_minute,
        )
        error.headers |= _standing(per_minute, tokens).headers
        return error


def _standing(per_minute: int, tokens: float) -> Standing:
    return Standing(per_minute, int(tokens), ceil((per_minute - tokens) * 60.0 / per_minute))


class AtWork:
    """How many heavy requests each caller has at work."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    @contextmanager
    def one_more(self, name: str, limit: int) -> Iterator[None]:
        """Count a request while the block runs.

        Raises:
            TooMany: the caller has ``limit`` of them at work.
        """
        count = self._counts.get(name, 0)
        if count >= limit:
            found = f"{count} of your heavy requests at work"
            raise TooMany("requests", found=found, expected=f"at most {limit} at once", wait_s=1)
        self._counts[name] = count + 1
        try:
            yield
        finally:
            self._counts[name] -= 1
            if not self._counts[name]:
                del self._counts[name]


def address_name(host: str) -> str:
    """Name the bucket of an address; of IPv6 the network, which is what one person has.

    >>> address_name("192.0.2.7"), address_name("2001:db8:1:2:3::4")
    ('address 192.0.2.7', 'address 2001:db8:1:2::')
    """
    try:
        address = ip_address(host)
    except ValueError:
        return f"address {host}"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return f"address {IPv6Address(int(address) >> 64 << 64)}"
    return f"address {address}"
