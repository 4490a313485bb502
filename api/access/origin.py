"""Where a request comes from: which name it used, and which page sent it.

A browser sends cookies, and reaches a server on this machine, on behalf of any page it shows. So
a session, and the rights of the local person, are honoured only for requests that no foreign page
sent; and a local server answers only under names of its own, or a page could point its own name
at 127.0.0.1 (DNS rebinding) and count as the same origin.
"""

from __future__ import annotations

import re
from ipaddress import ip_address

from starlette.datastructures import Headers

from api.access.config import LOOPBACK_HOSTS, AccessConfig
from atlas.errors import Forbidden

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORWARDED = (
    *("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"),
    *("x-real-ip", "via"),
)
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^\s:@/,]+)(:\d*)?")


def own_name(headers: Headers, config: AccessConfig) -> None:
    """Check the name under which the server was called.

    Raises:
        Forbidden: it is not a name of the loopback address or of the settings.
    """
    host = ", ".join(headers.getlist("host")).lower()
    found = _HOST.fullmatch(host)
    name = found["name"] if found else ""
    if name not in LOOPBACK_HOSTS and name not in config.hosts:
        raise Forbidden(
            "host",
            found=repr(host[:200]),
            expected="localhost or a name of this server",
            hint="NEUROWEAVE_HOSTS lists further names",
        )


def own_page(method: str, headers: Headers, config: AccessConfig, *, sure: bool) -> None:
    """Check that no page of another origin sent a request that changes something.

    Args:
        method: what was asked.
        headers: what came with it.
        config: the origins that may call.
        sure: refuse also what does not say where it comes from. Browsers say it; programs that
            carry no cookie need not.

    Raises:
        Forbidden: another page sent it, or nobody says that none did.
    """
    if method in SAFE:
        return
    origins, sites = headers.getlist("origin"), headers.getlist("sec-fetch-site")
    listed = bool(origins) and all(origin in config.origins for origin in origins)
    # The scheme is not compared: behind a proxy that ends TLS the server does not know it, and
    # SameSite=Strict cookies do not cross schemes.
    host = headers.get("host", "").lower()
    foreign = [origin for origin in origins if not host or _place(origin) != host]
    foreign += [site for site in sites if site not in ("same-origin", "none")]
    if not listed and (foreign or (sure and not origins and not sites)):
        found = repr(", ".join(foreign or ["nothing"])[:200])
        raise Forbidden("origin", found=found, expected="a page of this server")


def from_here(address: str, headers: Headers) -> bool:
    """Tell whether a request was made on this machine, and not handed on by a proxy on it."""
    if any(name in headers for name in FORWARDED):
        return False
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return True  # no address at all: a socket file, or in one process


def _place(origin: str) -> str:
    """Host and port of an origin, as ``Host`` has them; browsers leave the usual port out of both.

    >>> _place("https://Lab.example:8443"), _place("null")
    ('lab.example:8443', '')
    """
    return origin.partition("://")[2].lower()
