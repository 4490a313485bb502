"""Everything that an installation holds in one file, and a new installation from it.

The file has the graph with its history (:mod:`graph.backup`), the job ledger with the accounts
(:mod:`jobs.backup`) and the files of the data directory. What can be made again stays out:
features, the graphs of releases and the embedded server's own files.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

# Registers the accounts' tables beside the ledger's.
import api.access.tables  # noqa: F401
from atlas.errors import Conflict, InvalidInput
from atlas.progress import Progress
from atlas.whole_files import PARTIAL, whole_file
from graph import backup as graph_lines
from graph.clock import now
from graph.config import StoreConfig
from graph.embedded import launcher
from graph.embedded.layout import Layout
from graph.store import Store
from jobs import backup as ledger_lines
from jobs.ledger import default_url
from neuroweave.archive import Writer, unpack

Row = dict[str, Any]

LEFT_OUT = frozenset({"graph", "release-graphs", "features", "latency"})
"""Folders of the data directory that are not copied: dumped, or made again when needed."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Where one installation keeps its things; without a URL the ledger is in the directory."""

    store: StoreConfig
    jobs_url: str | None = None

    @property
    def home(self) -> Path:
        """The data directory."""
        return self.store.home

    @property
    def ledger_url(self) -> str:
        """Database of jobs and accounts."""
        return self.jobs_url or default_url(self.home)


def create(store: Store, installation: Installation, path: Path, progress: Progress) -> Row:
    """Write a backup; the server and its workers may go on, writers to the graph wait a little.

    The graph is taken as it is at one moment, then the ledger, then the files: those that the
    graph names are written before it names them and stay, so that none of them lacks.

    Args:
        store: the open graph of the installation.
        installation: what to back up.
        path: a file to make, or a folder for one named by the time.
        progress: told what is going on.

    Returns:
        ``path``, ``bytes`` and the manifest's ``made_at``, ``graph`` and ``ledger``, and ``files``,
        their number.

    Raises:
        Conflict: the file is there.
        InvalidInput: a name that does not end in .tar.gz, or a place inside the data directory.
        Unavailable: the database does not answer, or the file cannot be written.
    """
    made_at = now()
    path = _target(installation, path, made_at)
    with whole_file(path, what="backup") as whole, TemporaryDirectory(dir=path.parent) as folder:
        os.fchmod(whole.fileno(), 0o600)  # digests of keys are in it
        with tarfile.open(fileobj=whole, mode="w:gz", compresslevel=5) as archive:
            writer = Writer(archive)
            progress("graph", 0.0)
            with (Path(folder) / "graph").open("w+b") as file:
                counted = graph_lines.dump(store, file)
                progress("graph", 0.4)
                writer.add("graph.jsonl", file)
            progress("jobs and accounts", 0.6)
            with (Path(folder) / "ledger").open("w+b") as file:
                rows = ledger_lines.dump(installation.ledger_url, file)
                writer.add("ledger.jsonl", file)
            progress("files", 0.7)
            for one in _files(installation.home):
                _add(writer, one, installation.home)
            about = {
                "made_at": made_at,
                "version": version("neuroweave"),
                "graph": counted.to_dict(),
                "ledger": rows,
            }
            manifest = writer.end(about)
    return {"path": str(path), "bytes": path.stat().st_size, **_about(manifest)}


def verify(path: Path) -> Row:
    """Check every byte of a backup without restoring it; what :func:`create` said about it.

    Raises:
        InvalidInput: not sound.
    """
    with TemporaryDirectory(dir=path.parent if path.is_file() else None) as folder:
        parts = Path(folder)
        manifest = unpack(path, lambda name: None if "/" in name else parts / name)
        _agree(path, manifest, parts)
    return {"path": str(path), "bytes": path.stat().st_size, **_about(manifest)}


def restore(path: Path, installation: Installation, progress: Progress) -> Row:
    """Make a new installation of a backup; all of it, or nothing.

    Everything is put together beside the new data directory, checked, and takes its name at the
    end. The graph goes to the Neo4j server of the settings and the ledger to their database,
    where they name some; both must be empty.

    Raises:
        Conflict: the data directory, the graph or the ledger is not empty.
        InvalidInput: the backup is not sound.
        Unavailable: a database or the disk cannot be used.
    """
    home = installation.home
    if home.is_symlink() or (home.exists() and (not home.is_dir() or any(home.iterdir()))):
        raise Conflict("home", found=f"{home}, which is not empty", expected="a new folder")
    home.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(
        dir=home.parent, prefix=f"{PARTIAL}restore-", ignore_cleanup_errors=True
    ) as folder:
        draft, parts = Path(folder) / "home", Path(folder) / "parts"
        for one in (draft, parts):
            one.mkdir(mode=0o700)
        progress("unpacking", 0.0)
        manifest = unpack(path, lambda name: _place(name, draft, parts))
        _agree(path, manifest, parts)
        there = Installation(replace(installation.store, home=draft), installation.jobs_url)

        def rest() -> None:
            progress("graph", 0.4)
            with Store.open(there.store) as store, (parts / "graph.jsonl").open("rb") as lines:
                graph_lines.restore(store, lines)
            if there.store.uri is None:
                launcher.await_end(Layout(draft / "graph"))

        progress("jobs and accounts", 0.3)
        with (parts / "ledger.jsonl").open("rb") as lines:
            ledger_lines.restore(there.ledger_url, lines, rest)
        if home.exists():
            home.rmdir()
        draft.rename(home)
    progress("done", 1.0)
    return {"home": str(home), **_about(manifest)}


def _about(manifest: Row) -> Row:
    said = {key: manifest[key] for key in ("made_at", "version", "graph", "ledger")}
    return {**said, "files": sum(name.startswith("files/") for name in manifest["files"])}


def _target(installation: Installation, path: Path, made_at: str) -> Path:
    if path.is_dir():
        stamp = "".join(c for c in made_at[:19] if c.isalnum())
        path = path / f"neuroweave-{stamp}Z.tar.gz"
    if not path.name.endswith(".tar.gz"):
        expected = "a folder that is there, or a new file ending in .tar.gz"
        raise InvalidInput("backup", found=path.name, expected=expected)
    if path.exists():
        raise Conflict("backup", found=f"{path.name}, which is there", expected="a new file")
    if path.resolve().is_relative_to(installation.home.resolve()):
        found = "a place inside the data directory"
        raise InvalidInput("backup", found=found, expected="one that outlives it")
    return path


def _files(home: Path) -> Iterator[Path]:
    """The plain files to copy; no links, no locks, nothing half-written."""
    for folder, folders, files in os.walk(home):
        top = Path(folder) == home
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(PARTIAL) and not (top and name in LEFT_OUT)
        )
        for name in sorted(files):
            path = Path(folder) / name
            ledger = top and name.startswith("jobs.db")
            passing = name.startswith(PARTIAL) or name.endswith((".lock", ".tmp"))
            if not (ledger or passing or path.is_symlink()) and path.is_file():
                yield path


def _add(writer: Writer, path: Path, home: Path) -> None:
    try:
        file = path.open("rb")
    except FileNotFoundError:  # its job has ended meanwhile
        return
    with file:
        writer.add(f"files/{path.relative_to(home).as_posix()}", file)


def _place(name: str, home: Path, parts: Path) -> Path:
    if not name.startswith("files/"):
        return parts / name
    inner = name.removeprefix("files/")
    if inner.split("/")[0] in LEFT_OUT or inner.startswith("jobs.db"):
        raise InvalidInput("backup", found=f"a file named {name!r}", expected="files of ours")
    return home / inner


def _agree(path: Path, manifest: Row, parts: Path) -> None:
    """Read the lines of the graph and the ledger: are they those that the manifest tells of.

    Raises:
        InvalidInput: they are not.
    """
    with (parts / "graph.jsonl").open("rb") as graph, (parts / "ledger.jsonl").open("rb") as rows:
        counted, ledger = graph_lines.checked(graph).to_dict(), ledger_lines.checked(rows)
    if counted != manifest.get("graph") or any(
        count != manifest.get("ledger", {}).get(name, 0) for name, count in ledger.items()
    ):
        raise InvalidInput(
            f"backup {path.name}", found="other records than it tells", expected="a sound one"
        )
    for key in ("made_at", "version"):
        if not isinstance(manifest.get(key), str):
            raise InvalidInput(f"backup {path.name}", found=f"no {key}", expected="its manifest")
