"""What people send who mean no good: texts, names, and bytes that are hardly HTTP."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

MARKUP = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</pre></title><svg onload=alert(1)>",
    "javascript:alert(1)",
)
CYPHER = (
    "'}) DETACH DELETE n //",
    "`) MATCH (n) DETACH DELETE n //",
    '"}) SET c.weight = 9 RETURN c //',
    "\\u0027}) DETACH DELETE n //",
    "$rationale",
)
FORMULAS = ('=HYPERLINK("http://evil.example","x")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1,1)")
TEMPLATES = ("{{ 7 * 7 }}", "${7*7}", "%(id)s %s %n", "{0.__class__}")
UNICODE = ("x" * 1900, "ａｄｍｉｎ", "tiny\u200b", "💥\U0010fffd", "two\nlines\tand tabs")
TEXTS = (*MARKUP, *CYPHER, *FORMULAS, *TEMPLATES, *UNICODE)

REFUSED = ("\u202etxt.exe", "a\r\nSet-Cookie: b=c", "nul\0", "bell\a", "\x1b[2J", "\x85")
"""Texts that would look or act other than they read."""

NAMES = (
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%252e%252e%252f",
    "..%5c..%5cwindows%5cwin.ini",
    "....//....//etc/passwd",
    "%2fetc%2fpasswd",
    "file:%2f%2f%2fetc%2fpasswd",
    "%00",
    "x%00.zip",
    "CON",
    "NUL.txt",
    "~root",
    "%c0%ae%c0%ae%c0%af",
    "%ff%fe",
    "%ef%bc%8e%ef%bc%8e%ef%bc%8fetc",
    "a" * 6000,
    ".",
    "%2e",
    "x%0d%0aSet-Cookie:%20a=b",
)
"""Spelled as they stand in an address."""

HEAD = b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n"
GARBAGE = {
    "noise": bytes(range(256)) * 8,
    "no method": b"\r\n\r\n\r\n",
    "no path": b"GET\r\n\r\n",
    "no such version": b"GET / HTTP/9.9\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64,
    "http 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "length and chunks": HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\n\r\nGET /api/v1/stats HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "chunks spelled oddly": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunks twice": HEAD
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
    "no size of a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
    "a huge chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 30 + b"\r\n",
    "a folded header": HEAD + b"X-A: b\r\n c\r\n\r\n",
    "a space before the colon": HEAD + b"Content-Length : 3\r\n\r\nabc",
    "no colon": HEAD + b"nonsense\r\n\r\n",
    "nul in a header": HEAD + b"X-A: a\0b\r\n\r\n",
    "no host": b"GET /api/v1/health HTTP/1.1\r\n\r\n",
    "two hosts": HEAD + b"Host: evil.example\r\n\r\n",
    "a long header": HEAD + b"X-A: " + b"a" * 200_000 + b"\r\n\r\n",
    "many headers": HEAD + b"".join(b"X-%d: a\r\n" % n for n in range(20_000)) + b"\r\n",
    "a long address": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "an upgrade": HEAD + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    "a proxied address": b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a tunnel": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "an asterisk": b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "expecting": HEAD + b"Expect: 100-continue\r\nContent-Length: 9999999999999\r\n\r\n",
    "half a request": HEAD,
}


def spoken(url: str, request: bytes, *, timeout_s: float = 1.0) -> bytes:
    """Send bytes to a server as they are; what comes back until it closes or falls silent."""
    answer = b""
    with connected(url, timeout_s=timeout_s) as link:
        try:
            link.sendall(request)
            while chunk := link.recv(65536):
                answer += chunk
        except (TimeoutError, ConnectionError):
            return answer  # it hung up, or has nothing more to say
    return answer


def connected(url: str, *, timeout_s: float = 30.0) -> socket.socket:
    """Open a connection to a server."""
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname or "", parts.port or 80), timeout=timeout_s)
