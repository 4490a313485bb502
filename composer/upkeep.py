"""The checkpoint store looked after: every file against its name, the graph against the files."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from atlas.errors import InvalidInput
from atlas.progress import Progress
from atlas.whole_files import PARTIAL
from composer.checkpoints import CheckpointStore
from composer.header import read_header

GRACE_S = 3600.0
"""A file is written before its record; younger files are never collected."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with one checkpoint: changed, damaged, missing or of another length."""

    sha256: str
    problem: str


@dataclass(frozen=True, slots=True)
class Loose:
    """A file that nothing in the graph refers to: weights, or what a killed writer has left."""

    path: Path
    bytes: int

    @property
    def name(self) -> str:
        """The sha256 of weights, else the name of the file."""
        return self.path.stem


def check(
    checkpoints: CheckpointStore, kept: Mapping[str, int | None], progress: Progress
) -> list[Fault]:
    """Read every file, and compare the records with what is there.

    Args:
        checkpoints: the files.
        kept: what the graph refers to, as :func:`graph.library.kept`.
        progress: called with a message and the fraction of the bytes that were read.
    """
    sizes = {sha256: checkpoints.path(sha256).stat().st_size for sha256 in checkpoints.list()}
    whole, done = max(1, sum(sizes.values())), 0
    faults = []
    for sha256, size in sizes.items():
        if problem := _problem(checkpoints, sha256, size, kept.get(sha256)):
            faults.append(Fault(sha256, problem))
        done += size
        progress(f"{sha256[:12]} checked", done / whole)
    strange = [path.name for path in checkpoints.strays() if not path.name.startswith(PARTIAL)]
    faults += [Fault(name, "its name is not that of a checkpoint") for name in strange]
    missing = [sha256 for sha256, size in kept.items() if sha256 not in sizes and size != 0]
    return faults + [Fault(sha256, "recorded, but there is no file") for sha256 in missing]


def loose(
    checkpoints: CheckpointStore, kept: Mapping[str, int | None], grace_s: float = GRACE_S
) -> list[Loose]:
    """Files that nothing refers to and that are older than ``grace_s`` seconds.

    Drafts that a killed writer has left are among them, files that people have put there are not.
    """
    names = [sha256 for sha256 in checkpoints.list() if sha256 not in kept]
    drafts = [path for path in checkpoints.strays() if path.name.startswith(PARTIAL)]
    paths = [*(checkpoints.path(sha256) for sha256 in names), *drafts]
    return [Loose(path, path.stat().st_size) for path in paths if _old(path, grace_s)]


def collect(garbage: list[Loose], grace_s: float = GRACE_S) -> int:
    """Delete these files; returns how many bytes that freed.

    One that somebody has stored again in the meantime is young, and stays.
    """
    freed = 0
    for one in garbage:
        with CheckpointStore(one.path.parent).held():
            if one.path.exists() and _old(one.path, grace_s):
                one.path.unlink(missing_ok=True)
                freed += one.bytes
    return freed


def _old(path: Path, grace_s: float) -> bool:
    return path.stat().st_mtime <= time.time() - grace_s


def _problem(
    checkpoints: CheckpointStore, sha256: str, size: int, recorded: int | None
) -> str | None:
    if recorded and recorded != size:
        return f"{size:,} bytes, recorded are {recorded:,}"
    if not checkpoints.verify(sha256):
        return "its content is not that of its name"
    try:
        read_header(checkpoints.path(sha256))
    except InvalidInput as error:
        return str(error)
    return None
