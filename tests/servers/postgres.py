"""A real PostgreSQL of our own for tests: the system's programs, a temporary cluster."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

START_TIMEOUT_S = 60.0
PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
USER = "neuroweave"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "16MB",
}


class MissingError(Exception):
    """PostgreSQL is not on this machine, or cannot be run here."""


class Server:
    """A cluster in a folder; it can be killed, and started again with what it had committed."""

    def __init__(self, programs: Path, folder: Path, owner: dict[str, Any], fsync: bool) -> None:
        self.port = free_port()
        self._programs = programs
        self._folder = folder
        self._owner = owner
        self._settings = {**_SETTINGS, "fsync": "on" if fsync else "off"}
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id of the server's first process."""
        assert self._process is not None
        return self._process.pid

    def url(self, database: str = "postgres") -> str:
        """SQLAlchemy URL of a database, without a driver."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """Make an empty database and return its URL."""
        name = f"ledger_{next(self._numbers)}"
        self._sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def start(self) -> None:
        """Start and wait until it answers."""
        settings = {**self._settings, "port": str(self.port)}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._started(options):
            if time.monotonic() > deadline:
                log = (self._folder / "log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"PostgreSQL did not start:\n{log}")

    def kill(self) -> None:
        """End it by SIGKILL, as a crash of the machine would; its children end by themselves."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it at once, connections and all ("immediate" shutdown)."""
        if self._process is not None:
            self._end(signal.SIGQUIT)

    def _end(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(timeout=60)
        self._process = None

    def _started(self, options: list[str]) -> bool:
        """Start and wait; false if it ended, as it does while a killed one's children live on."""
        with (self._folder / "log").open("ab") as log:
            command = [str(self._programs / "postgres"), "-D", str(self._folder / "data"), *options]
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True, **self._owner
            )
        while self._process.poll() is None:
            try:
                self._sql("SELECT 1")
            except OSError:
                time.sleep(0.05)
            else:
                return True
        time.sleep(0.1)
        return False

    def _sql(self, statement: str) -> None:
        import pg8000.dbapi

        try:
            connection = pg8000.dbapi.connect(
                USER, host="127.0.0.1", port=self.port, database="postgres", ssl_context=False
            )
        except pg8000.dbapi.Error as error:
            raise ConnectionError(str(error)) from error
        try:
            connection.autocommit = True
            connection.cursor().execute(statement)
        finally:
            connection.close()


@contextmanager
def running(*, fsync: bool = False) -> Iterator[Server]:
    """A server with an empty cluster in a temporary folder; both are gone at the end.

    Without ``fsync`` what it has committed outlives its own death, but not the machine's.

    Raises:
        MissingError: no PostgreSQL here, or nobody but root to run it as.
    """
    programs, owner = _programs(), _owner()
    folder = Path(tempfile.mkdtemp(prefix="neuroweave-pg-"))
    try:
        if owner:
            shutil.chown(folder, owner["user"], owner["group"])
        made = subprocess.run(
            [
                str(programs / "initdb"),
                *("-D", str(folder / "data"), "-U", USER, "-A", "trust"),
                *("-E", "UTF8", "--locale=C", "--no-sync"),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            **owner,
        )
        if made.returncode:
            raise MissingError(f"initdb: {made.stderr.strip()[-300:]}")
        server = Server(programs, folder, owner, fsync)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    places = [Path(p) for where in PLACES for p in Path("/").glob(where.removeprefix("/"))]
    found = [place for place in places if (place / "initdb").exists()]
    if not found:
        raise MissingError("initdb is neither on the PATH nor where Debian puts it")
    return max(
        found, key=lambda place: [int(n) for n in place.parent.name.split(".") if n.isdigit()]
    )


def _owner() -> dict[str, Any]:
    """Whom to run as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise MissingError("this is root, and there is no other user to run PostgreSQL as")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    # For a person: python -m tests.servers.postgres prints what to connect to, until Ctrl-C.
    with running() as server:
        print(f"NEUROWEAVE_JOBS_URL={server.url()}", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            sys.exit(0)
