"""Files and folders that are written whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from atlas.errors import InvalidInput, Unavailable

PARTIAL = ".part-"


@contextmanager
def whole_file(path: Path, *, what: str) -> Iterator[BinaryIO]:
    """Open a file that appears under its name when the block ends well, flushed to the disk.

    The name is taken over in one step: who reads it finds the old content or the new, and after
    an error or an interrupt the old, with nothing left beside it. Missing folders are made.

    Args:
        path: the file; one that is there is replaced.
        what: what it is to the reader of an error, as "report".

    Raises:
        Unavailable: the disk is full or the folder cannot be written.

    >>> from tempfile import mkdtemp
    >>> path = Path(mkdtemp()) / "new" / "page.html"
    >>> with whole_file(path, what="report") as file:
    ...     print(file.write(b"whole"), path.exists())
    5 False
    >>> path.read_text()
    'whole'
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not tempfile: its files are their owner's alone, and a report is made to be shared.
        temporary = path.parent / f"{PARTIAL}{uuid4().hex}"
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise Unavailable(
            what,
            found=f"{error.strerror or error} while writing {path.name}",
            expected="a folder that can be written, with room for the file",
            hint=str(path.parent),
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(folder: Path, *, what: str) -> Iterator[Path]:
    """A draft beside the folder, which takes its name when the block ends well.

    A folder that holds something by then is left alone and the draft goes: another process was
    faster. Whoever expects other content compares in the block. After an error nothing is left.

    Args:
        folder: the folder; missing ones above it are made.
        what: what it is to the reader of an error, as "release".

    Raises:
        Unavailable: the disk is full or the folder cannot be written.

    >>> from tempfile import mkdtemp
    >>> folder = Path(mkdtemp()) / "new"
    >>> with whole_folder(folder, what="report") as draft:
    ...     print((draft / "page.html").write_text("whole"), folder.exists())
    5 False
    >>> (folder / "page.html").read_text()
    'whole'
    """
    draft = folder.parent / f"{PARTIAL}{uuid4().hex}"
    try:
        draft.mkdir(parents=True)
        yield draft
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
        if not folder.exists():
            draft.rename(folder)
    except OSError as error:
        raise Unavailable(
            what,
            found=f"{error.strerror or error} while writing {folder.name}",
            expected="a folder that can be written, with room for the files",
            hint=str(folder.parent),
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def write_whole(path: Path, content: bytes, *, what: str) -> None:
    """Write all of the content or nothing, as :func:`whole_file` does."""
    with whole_file(path, what=what) as file:
        file.write(content)


def require_ending(path: Path, *endings: str, field: str) -> str:
    """Tell which of the endings a file to be written has, in whatever case.

    Raises:
        InvalidInput: none of them; other programs would not know what the file is.

    >>> require_ending(Path("map.NII.GZ"), ".nii.gz", field="out")
    '.nii.gz'
    """
    for ending in endings:
        if path.name.lower().endswith(ending):
            return ending
    expected = "a file ending in " + " or ".join(endings)
    raise InvalidInput(field, found=repr(path.name), expected=expected)
