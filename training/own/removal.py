"""People's own data sets taken away: their name, their files, and what was made of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from safetensors import SafetensorError, safe_open

from atlas.errors import NotFound, Unavailable
from atlas.whole_files import PARTIAL
from training.own.kept import DESCRIPTION, folder_of, held, label_of, names


@dataclass(frozen=True, slots=True)
class Going:
    """What goes with a name.

    ``folder`` is None where it is gone or nobody can tell which it was; ``features`` are files
    with what frozen networks said of the samples; ``bytes`` is the size of the data set's own.
    """

    name: str
    label: Path
    folder: Path | None
    features: tuple[Path, ...]
    bytes: int


def what_goes(name: str, home: Path) -> Going:
    """What :func:`remove` would take away.

    Raises:
        NotFound: nobody has brought in a data set of this name. InvalidInput: no such name can be.
        Unavailable: the name cannot be read, which says nothing of what it leads to.
    """
    label = label_of(home, name)
    if not label.is_file():
        known = ", ".join(names(home)) or "none"
        raise NotFound("dataset", found=name, expected=f"one that was brought in: {known}")
    folder = _folder(label)
    files = (label, *(folder.iterdir() if folder else ()))
    size = sum(path.stat().st_size for path in files)
    return Going(name, label, folder, tuple(features_of(home / "features", name)), size)


def remove(name: str, home: Path) -> Going:
    """Take a data set away; returns what went.

    Raises:
        NotFound, InvalidInput: as :func:`what_goes`. Unavailable: files cannot be deleted.
    """
    with _deleting(name):
        with held(home):
            going = what_goes(name, home)
            gone = _aside(going.folder) if going.folder else None
            going.label.unlink()
            if gone:
                shutil.rmtree(gone)
        for path in going.features:
            path.unlink(missing_ok=True)
    return going


def sweep(root: Path) -> None:
    """Delete what no name leads to: what was replaced, and what killed writers have left.

    Nothing goes while a name is damaged or cannot be read: nobody can tell what it leads to. To be
    called while ``root`` is :func:`~training.own.kept.held`.

    Raises:
        Unavailable: files cannot be deleted.
    """
    try:
        named = {_folder(label) for label in root.glob("*.json")}
    except Unavailable:
        return
    if None in named:
        return
    with _deleting("what was replaced"):
        for path in sorted(root.iterdir()):
            if (path / DESCRIPTION).is_file() and path not in named:
                path = _aside(path)
            if path.name.startswith(PARTIAL):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _aside(folder: Path) -> Path:
    """Rename a folder that is to go: in one step, so that nobody finds half of it."""
    return folder.rename(folder.with_name(f"{PARTIAL}{uuid4().hex}"))


@contextmanager
def _deleting(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(
            "data set",
            found=f"{error.strerror or error} while removing {what}",
            expected="files that may be deleted",
        ) from error


def _folder(label: Path) -> Path | None:
    """The folder that a label names; None where it is damaged or gone."""
    try:
        named = folder_of(label)
    except OSError as error:
        raise Unavailable(
            "data set",
            found=f"{error.strerror or error} while reading {label.name}",
            expected="a file that may be read",
        ) from error
    except (ValueError, KeyError, TypeError):
        return None
    # Looked up, not joined: whatever a damaged label says, nothing elsewhere is meant.
    return next((one for one in label.parent.iterdir() if one.name == named and one.is_dir()), None)


def features_of(root: Path, dataset: str) -> list[Path]:
    """Files of a feature cache that are about one data set."""
    found = []
    for path in sorted(root.glob("*.safetensors")):
        try:
            with safe_open(path, framework="np") as file:
                about = file.metadata() or {}
        except (SafetensorError, OSError):
            continue  # damaged: made again by whoever needs it
        if about.get("dataset") == dataset:
            found.append(path)
    return found
