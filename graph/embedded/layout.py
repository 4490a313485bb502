"""The files of an embedded data directory, and what makes one usable."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from atlas.errors import Unavailable
from atlas.whole_files import write_whole

FORMAT = 1
"""Version of the directory's layout; a directory with another number is refused."""

DATABASE = "neuroweave"


@dataclass(frozen=True, slots=True)
class ServerState:
    """How to reach the running child; readable by the owner only, for it holds the passwords."""

    pid: int
    bolt_port: int
    http_port: int
    lease_port: int
    token: str
    password: str
    reader_password: str
    user: str = "root"
    reader: str = "reader"


class Layout:
    """Paths inside one data directory."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        self.version = self.root / "VERSION"
        self.state = self.root / "server.json"
        self.start_lock = self.root / "start.lock"
        self.write_lock = self.root / "write.lock"
        self.child_lock = self.root / "child.lock"
        self.config = self.root / "config"
        self.databases = self.root / "databases"
        self.logs = self.root / "log"
        self.log = self.logs / "server.log"

    def prepare(self) -> None:
        """Create what is missing, or say why the directory cannot be used.

        Raises:
            Unavailable: the path is no directory, cannot be written, or holds another version.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.logs.mkdir(exist_ok=True)
            if not self.version.exists():
                self._claim()
        except FileExistsError as error:
            raise Unavailable(
                "home",
                found=f"{error.filename}, which is not a directory",
                expected="a directory for the database's files",
                hint="choose another one with NEUROWEAVE_HOME",
            ) from error
        except OSError as error:
            raise Unavailable(
                "home",
                found=f"{self.root} ({error.strerror})",
                expected="a directory that can be written",
                hint="choose another one with NEUROWEAVE_HOME",
            ) from error
        self._check_version()

    def _claim(self) -> None:
        if self.databases.exists() and not self.version.exists():  # nor claimed meanwhile
            raise Unavailable(
                "home",
                found=f"database files without a version in {self.root}",
                expected=f"data format {FORMAT}",
                hint="choose another directory with NEUROWEAVE_HOME",
            )
        # Whole: another process may read it at this moment, or claim the directory, too.
        write_whole(self.version, f"{FORMAT}\n".encode(), what="home")

    def _check_version(self) -> None:
        found = self.version.read_text(encoding="utf-8").strip()
        if found != str(FORMAT):
            raise Unavailable(
                "home",
                found=f"data format {found or 'unknown'} in {self.root}",
                expected=f"data format {FORMAT}",
                hint="it was written by another version; choose another with NEUROWEAVE_HOME",
            )

    def read_state(self) -> ServerState | None:
        """What the last child wrote, or None; the child may be gone since."""
        try:
            return ServerState(**json.loads(self.state.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def write_state(self, state: ServerState) -> None:
        """Publish the state in one step, so that nobody reads half of it."""
        draft = self.state.with_suffix(".tmp")
        draft.unlink(missing_ok=True)
        write_private(draft, json.dumps(asdict(state)))
        draft.replace(self.state)

    def log_tail(self, lines: int = 5) -> str:
        """The last lines of the child's log, for an error message."""
        try:
            text = self.log.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return "it wrote no log"
        return "\n".join(text.strip().splitlines()[-lines:])


def write_private(path: Path, text: str) -> None:
    """Write a new file that only its owner can read (0600 from the first byte on)."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
