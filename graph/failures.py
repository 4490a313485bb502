"""What the driver reports, said so that a person can act on it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from atlas.errors import Conflict, Forbidden, NeuroweaveError, Unavailable

_SCARCE_BYTES = 4 * 2**20

if TYPE_CHECKING:
    from graph.store import Store


@contextmanager
def translated(store: Store) -> Iterator[None]:
    """Turn driver errors into ours.

    Raises:
        Unavailable: nobody answers, wrong credentials, the disk is full.
        Conflict: a uniqueness constraint is violated.
        Forbidden: the database user may not do this.
        NeuroweaveError: the server failed in another way.
    """
    from neo4j.exceptions import DriverError, Neo4jError

    try:
        yield
    except (DriverError, Neo4jError) as error:
        raise explain(store, error) from error


def explain(store: Store, error: Exception) -> NeuroweaveError:
    """The error of ours that says what a driver error means."""
    from neo4j import exceptions as driver

    text = str(getattr(error, "message", None) or error)
    if isinstance(error, driver.AuthError) and not isinstance(error, driver.Forbidden):
        return Unavailable(
            "database password",
            found=f"refused for user {store.config.user} at {store.uri}",
            expected="the right user and password",
        )
    if isinstance(error, driver.Forbidden):
        return Forbidden("query", found=text, expected="a statement this user may run")
    if isinstance(error, driver.ConstraintError):
        return Conflict("id", found=text, expected="an id that is not taken")
    if isinstance(error, (driver.ServiceUnavailable, driver.SessionExpired, OSError)):
        return Unavailable(
            "database", found=f"no answer at {store.uri}", expected="a running server", hint=text
        )
    if getattr(error, "code", "") == "Neo.ClientError.Database.DatabaseNotFound":
        return Unavailable("database name", found=store.database, expected="an existing one")
    if "No space left" in text or _disk_is_full(store):
        return Unavailable("disk", found=f"no space left ({text})", expected="free disk space")
    return NeuroweaveError("database", found=f"{type(error).__name__}: {text}")


def _disk_is_full(store: Store) -> bool:
    """Whether the embedded server has no room left.

    Its answer then only says that a commit failed, and its log cannot be written either.
    """
    if store.attachment is None:
        return False
    return shutil.disk_usage(store.config.home).free < _SCARCE_BYTES
