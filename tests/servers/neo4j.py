"""A real Neo4j 5.26 of our own for tests: Java packages by Maven, a temporary home, free ports."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from filelock import FileLock

POM = Path(__file__).parent / "pom.xml"
VERSION = "5.26.29"
START_TIMEOUT_S = 120.0
_JAVA_FLAGS = [
    "-Xmx512m",
    "-XX:+UseSerialGC",
    # A server lives for minutes here: the second compiler would cost more time than it saves.
    "-XX:TieredStopAtLevel=1",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "-Dio.netty.tryReflectionSetAccessible=true",
]


class MissingError(Exception):
    """Something that a real Neo4j needs is not on this machine."""


@dataclass(frozen=True)
class Server:
    """Where the server listens, and its password (user ``neo4j``)."""

    uri: str
    password: str
    process: subprocess.Popen[bytes]


def jars() -> Path:
    """The folder of the server's jars; fetched once and kept in the user's cache.

    Raises:
        MissingError: no Java, no Maven, or the packages cannot be had.
    """
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            raise MissingError(f"{tool} is not installed")
    cache = Path(platformdirs.user_cache_dir("neuroweave")) / f"neo4j-{VERSION}"
    cache.mkdir(parents=True, exist_ok=True)
    done = cache / "complete"
    with FileLock(cache / "lock"):
        if not done.exists():
            _fetch(cache)
            done.touch()
    return cache / "lib"


def _fetch(cache: Path) -> None:
    command = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
    fetched = subprocess.run(
        [*command, f"-DoutputDirectory={cache / 'lib'}"],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if fetched.returncode:
        raise MissingError(f"Maven could not fetch Neo4j: {fetched.stdout.strip()[-300:]}")


@contextmanager
def running(home: Path) -> Iterator[Server]:
    """A server with an empty database under ``home``; stopped at the end.

    Raises:
        MissingError: see :func:`jars`.
    """
    classpath = f"{jars()}{os.sep}*"
    with _reserved_port() as port:
        _configure(home, port)
        server = _started(home, port, classpath)
        try:
            _await(server, home)
        except BaseException:
            _stop(server)
            raise
    try:
        yield server
    finally:
        _stop(server)


def _started(home: Path, port: int, classpath: str) -> Server:
    # Hex digits: a password that began with a dash would be read as an option.
    password = secrets.token_hex(16)
    environment = {**os.environ, "NEO4J_HOME": str(home), "NEO4J_CONF": str(home / "conf")}
    told = subprocess.run(
        [
            *("java", *_JAVA_FLAGS, "-cp", classpath, "org.neo4j.cli.AdminTool"),
            *("dbms", "set-initial-password", password),
        ],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if told.returncode:
        raise RuntimeError(f"Neo4j took no password: {told.stderr.strip()[:500]}")
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *("java", *_JAVA_FLAGS, "-cp", classpath, "org.neo4j.server.CommunityEntryPoint"),
                *(f"--home-dir={home}", f"--config-dir={home / 'conf'}"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
        )
    return Server(f"bolt://127.0.0.1:{port}", password, process)


def _stop(server: Server) -> None:
    server.process.terminate()
    server.process.wait(timeout=60)


def _configure(home: Path, port: int) -> None:
    (home / "conf").mkdir(parents=True)
    settings = {
        "server.default_listen_address": "127.0.0.1",
        "server.bolt.listen_address": f"127.0.0.1:{port}",
        "server.http.enabled": "false",
        "server.https.enabled": "false",
        "dbms.usage_report.enabled": "false",
        # Tests empty the graph and fill it again; no need to plan every query anew for that.
        "dbms.cypher.min_replan_interval": "1h",
        "server.memory.heap.max_size": "512m",
        "server.memory.pagecache.size": "128m",
    }
    text = "".join(f"{key}={value}\n" for key, value in settings.items())
    (home / "conf" / "neo4j.conf").write_text(text, encoding="utf-8")


def _await(server: Server, home: Path) -> None:
    from neo4j import GraphDatabase
    from neo4j.exceptions import ServiceUnavailable

    deadline = time.monotonic() + START_TIMEOUT_S
    with GraphDatabase.driver(server.uri, auth=("neo4j", server.password)) as driver:
        while True:
            try:
                driver.verify_connectivity()
                return
            except ServiceUnavailable:
                gone = server.process.poll() is not None
                if gone or time.monotonic() > deadline:
                    # Java writes the first, the server itself the second.
                    logs = (home / "server.log", home / "logs" / "neo4j.log")
                    texts = [path.read_text(errors="replace") for path in logs if path.exists()]
                    log = "\n".join(text[-2000:] for text in texts)
                    raise RuntimeError(f"Neo4j did not start:\n{log}") from None
                time.sleep(0.2)


@contextmanager
def _reserved_port() -> Iterator[int]:
    """A port that nobody else is given while a server gets ready to listen there.

    Linux lets a server take a port that is bound here and not listened to. Other systems do not,
    so there it is only known to be free now.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        port = int(holder.getsockname()[1])
        if sys.platform != "linux":
            holder.close()
        yield port


if __name__ == "__main__":
    # For a person: python -m tests.servers.neo4j DIRECTORY prints what to connect to.
    with running(Path(sys.argv[1]).resolve()) as server:
        print(f"NEUROWEAVE_NEO4J_URI={server.uri}")
        print(f"NEUROWEAVE_NEO4J_PASSWORD={server.password}", flush=True)
        server.process.wait()
