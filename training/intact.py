"""What is said of a data set whose files are damaged or gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from atlas.errors import Conflict


@contextmanager
def intact(name: str, again: str) -> Iterator[None]:
    """Say of damaged files whose they are, and what makes them ``again``.

    Raises:
        Conflict: they cannot be read in the block.
    """
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Conflict(
            "dataset", found=f"{name}: {error}", expected="its files as they were kept",
            hint=f"remove its folder and {again}",
        ) from error  # fmt: skip
