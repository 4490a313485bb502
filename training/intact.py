"""What is said of a data set whose files are damaged or gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from atlas.errors import Conflict, Unavailable

GONE = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
DAMAGED = (EOFError, ValueError, KeyError, TypeError)


@contextmanager
def intact(name: str, again: str) -> Iterator[None]:
    """Say of files that are damaged or gone whose they are, and what makes them ``again``.

    Raises:
        Conflict: such a file was met in the block. Unavailable: one that may not be read, or that
            the disk does not give; nothing is known to be wrong with it.
    """
    try:
        yield
    except (*GONE, *DAMAGED) as error:
        raise Conflict(
            "dataset", found=f"{name}: {error}", expected="its files as they were kept",
            hint=f"remove its folder and {again}",
        ) from error  # fmt: skip
    except OSError as error:
        raise Unavailable(
            "dataset", found=f"{name}: {error}", expected="files that may be read"
        ) from error
