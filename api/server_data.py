"""Databases on the server's own disk: only what its owner put into the folder ``data``."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from api.config import ApiConfig
from atlas.errors import InvalidInput

PATTERN = r"^[\w][\w .-]*(/[\w][\w .-]*)*$"
"""Names of folders, one below the other; none begins with a dot."""


def folder(config: ApiConfig, name: str, field: str = "data") -> Path:
    """Return a folder below ``<home>/data``.

    Raises:
        InvalidInput: no such folder, or a name that leads elsewhere.
    """
    parts = PurePosixPath(name).parts
    path = config.data.joinpath(*parts)
    outside = any(part in ("/", "..") for part in parts) or "\\" in name or ":" in name
    if outside or not path.is_dir():
        raise InvalidInput(
            field,
            found=repr(name),
            expected="a folder in the server's folder data",
            hint="whoever runs the server puts databases, or links to them, there",
        )
    return path
