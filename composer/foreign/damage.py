"""Files that a library may not understand, and what they are refused with."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from atlas.errors import InvalidInput, NotFound, Unavailable

MAX_BYTES = 2 * 1024**3
PACKED = 20
"""Times that a file may grow when it is unpacked."""
Damage = tuple[type[Exception], ...]


@contextmanager
def understood(path: Path, expected: str, damage: Damage) -> Iterator[None]:
    """Refuse a file whose bytes a library cannot understand.

    Raises:
        InvalidInput: so it is. Unavailable: the system cannot read it.
    """
    try:
        yield
    except OSError as error:
        # Libraries that mean the bytes give no number; a seek to nowhere is an invalid argument.
        if error.errno not in (None, errno.EINVAL):
            raise Unavailable(
                path.name,
                found=f"{error.strerror or error} while reading",
                expected="a file that can be read",
            ) from error
        raise InvalidInput(path.name, found=first_line(error), expected=expected) from error
    except damage as error:
        raise InvalidInput(path.name, found=first_line(error), expected=expected) from error


def checked(path: Path) -> Path:
    """The path of a file that is there, and not too large.

    Raises:
        NotFound: no such file. InvalidInput: more than ``MAX_BYTES``.
    """
    if not path.is_file():
        raise NotFound("file", found=path.name, expected="a file that can be read")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise InvalidInput(path.name, found=f"{size:,} bytes", expected=f"at most {MAX_BYTES:,}")
    return path


def first_line(error: Exception) -> str:
    """What a library says, shortly."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
