"""What is kept of people's own data sets, by name; reading it takes no torch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

from atlas.errors import Conflict, InvalidInput, NotFound
from training.intact import intact

Found = TypeVar("Found")

DESCRIPTION = "own.json"
AGAIN = "add it again, with replace"


@dataclass(frozen=True, slots=True)
class About:
    """What people say of their data set."""

    title: str = ""
    licence: str = ""
    citation: str = ""


@dataclass(frozen=True, slots=True)
class Own:
    """A data set as it is kept.

    ``repeated`` counts by modality the samples that an earlier split holds, too.
    """

    id: str
    folder: Path
    about: About
    modalities: tuple[str, ...]
    labels: tuple[str, ...]
    sizes: Mapping[str, int]
    repeated: Mapping[str, int]
    content: str
    fresh: bool = False


def find(name: str, home: Path) -> Own:
    """What is kept under a name, without its samples.

    Raises:
        NotFound: nothing is. Conflict: its files are damaged or gone. Unavailable: they cannot be
            read.
    """
    return read(name, home, lambda own: own)


def read(name: str, home: Path, reader: Callable[[Own], Found]) -> Found:
    """What ``reader`` makes of what is kept under a name.

    It is called again where another content took the name meanwhile, and the files with it.

    Raises:
        NotFound, Conflict, Unavailable: as :func:`find`.
    """
    label = label_of(home, name)
    if not label.is_file():
        raise NotFound("dataset", found=name, expected=f"one of {', '.join(names(home)) or 'none'}")
    while True:
        with intact(name, AGAIN):
            folder = folder_of(label)
        try:
            with intact(name, AGAIN):
                return reader(described(name, label.parent / folder))
        except Conflict:
            with intact(name, AGAIN):
                if folder_of(label) == folder:
                    raise


def folder_of(label: Path) -> str:
    """The name of the folder beside it that a label leads to.

    Raises:
        OSError, ValueError, KeyError, TypeError: the label cannot be read, or is damaged.
    """
    return str(json.loads(label.read_text())["folder"])


def names(home: Path) -> list[str]:
    """All names, sorted."""
    return sorted(path.stem for path in (home / "datasets" / "own").glob("*.json"))


def described(name: str, folder: Path, *, fresh: bool = False) -> Own:
    """What a folder holds, under a name."""
    kept = json.loads((folder / DESCRIPTION).read_text())
    return Own(
        name,
        folder,
        About(kept["title"], kept["licence"], kept["citation"]),
        tuple(kept["inputs"]),
        tuple(kept["labels"]),
        kept["sizes"],
        kept["repeated"],
        kept["content"],
        fresh,
    )


def label_of(home: Path, name: str) -> Path:
    """The file that says which folder has a name.

    Raises:
        InvalidInput: no such name can be.
    """
    plain = name.isascii() and name.replace("-", "").isalnum() and name[0] != "-"
    if not plain or len(name) > 40:
        expected = "letters, digits and '-', at most 40"
        raise InvalidInput("dataset", found=repr(name)[:100], expected=expected)
    return home / "datasets" / "own" / f"{name}.json"


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Held while a folder gets its name, or both go: neither comes between the other."""
    root = home / "datasets" / "own"
    root.mkdir(parents=True, exist_ok=True)
    with FileLock(root / ".lock"):
        yield
