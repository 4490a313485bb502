"""The keys and sessions of one installation."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from api.access.caller import ANONYMOUS, LOCAL, Caller, Scope
from api.access.keys import Key, digest, new_prefix, new_secret, parts, same
from api.access.tables import api_key, api_session
from atlas.errors import Conflict, InvalidInput, NotFound
from jobs.database import connect

log = logging.getLogger("neuroweave.access")

TOUCH_S = 60.0
"""A key's last use is written at most this often, so that reading does not become writing."""

RESERVED = frozenset({LOCAL.id, ANONYMOUS.id})
"""Names that the service gives itself; nobody's key may act under them."""

_BY_PREFIX = sa.select(api_key).where(api_key.c.prefix == sa.bindparam("prefix"))
_KEY = [column for column in api_key.columns if column.name != "digest"]
_BY_SESSION = (
    sa.select(*_KEY)
    .join(api_session, api_session.c.prefix == api_key.c.prefix)
    .where(api_session.c.digest == sa.bindparam("id"))
    .where(api_session.c.expires_at > sa.bindparam("now"))
)


def usable(user: str) -> bool:
    r"""Tell whether somebody may act under this name: printable, 200 characters, not ours.

    >>> usable("ada@lab.example"), usable("Local"), usable("a\n"), usable(" ")
    (True, False, False, False)
    """
    plain = user.isprintable() and user == user.strip() and 0 < len(user) <= 200
    return plain and user.lower() not in RESERVED


class Accounts:
    """Keys and sessions in the database at ``url``, the one of the job ledger.

    Nothing is remembered between calls, so that a revocation by another process counts at once.

    Args:
        url: SQLAlchemy URL.
        clock: seconds since 1970.

    Raises:
        Unavailable: the database cannot be opened.

    >>> accounts = Accounts("sqlite://")
    >>> key, credential = accounts.create("ada", Scope.EDITOR)
    >>> accounts.by_key(credential).id
    'ada'
    >>> accounts.revoke(key.prefix).revoked_at is None, accounts.by_key(credential)
    (False, None)
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.time) -> None:
        self._engine = connect(url)
        self._writing = self._engine.execution_options(writes=True)
        self._clock = clock
        self.seen = False
        """Whether a key is known to have been made; never turns back."""

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def exist(self) -> bool:
        """Tell whether a key was ever made; revoking the last one must not open the door."""
        if not self.seen:
            with self._engine.connect() as connection:
                found = connection.execute(sa.select(api_key.c.prefix).limit(1)).first()
            self.seen = found is not None
        return self.seen

    def create(
        self, owner: str, scope: Scope, *, label: str = "", days: float | None = None
    ) -> tuple[Key, str]:
        """Make a key; the second part of the answer is the key itself, never shown again.

        Raises:
            InvalidInput: a name that nobody may have, or a life that is over at once.
        """
        if not usable(owner):
            raise InvalidInput("owner", found=repr(owner), expected="the name of a person")
        if len(label) > 200:
            raise InvalidInput("label", found=f"{len(label)} characters", expected="at most 200")
        if days is not None and not 0 < days < 100_000:
            raise InvalidInput("days", found=days, expected="a positive number of days")
        now, secret = self._clock(), new_secret()
        key = Key(
            new_prefix(), owner, scope, label, now, None if days is None else now + days * 86_400
        )
        row = {"prefix": key.prefix, "digest": digest(secret), "owner": owner, "scope": str(scope)}
        times = {"created_at": now, "expires_at": key.expires_at}
        with self._writing.begin() as connection:
            connection.execute(sa.insert(api_key).values(**row, label=label, **times))
        self.seen = True
        return key, f"{key.prefix}.{secret}"

    def all_keys(self, owner: str | None = None) -> list[Key]:
        """List the keys, oldest first, also those that are over."""
        query = sa.select(*_KEY).order_by(api_key.c.created_at, api_key.c.prefix)
        query = query if owner is None else query.where(api_key.c.owner == owner)
        with self._engine.connect() as connection:
            return [_key(row) for row in connection.execute(query).mappings()]

    def revoke(self, prefix: str) -> Key:
        """End a key and the sessions that came from it, for good and at once.

        Raises:
            NotFound: no such key. Conflict: it was revoked before.
        """
        open_ = sa.and_(api_key.c.prefix == prefix, api_key.c.revoked_at.is_(None))
        with self._writing.begin() as connection:
            change = sa.update(api_key).where(open_).values(revoked_at=self._clock())
            done = connection.execute(change).rowcount
            connection.execute(sa.delete(api_session).where(api_session.c.prefix == prefix))
            query = sa.select(*_KEY).where(api_key.c.prefix == prefix)
            row = connection.execute(query).mappings().first()
        if row is None:
            raise NotFound("key", found=prefix, expected="the prefix of a key")
        if not done:
            raise Conflict("key", found=f"{prefix}, revoked before", expected="a key in use")
        return _key(row)

    def by_key(self, credential: str) -> Caller | None:
        """Return who holds a key; None when it is wrong, over or revoked."""
        found = parts(credential)
        if found is None:
            return None
        prefix, secret = found
        with self._engine.connect() as connection:
            row = connection.execute(_BY_PREFIX, {"prefix": prefix}).mappings().first()
        if row is None or not same(secret, row["digest"]):
            return None
        key = _key({column.name: row[column.name] for column in _KEY})
        if not key.live(self._clock()):
            return None
        self._touch(key)
        return Caller(key.owner, key.scope, "key", key.prefix)

    def open_session(self, prefix: str, seconds: float) -> str:
        """Start a session of a key and return the text of its cookie.

        The session ends with its key at the latest. Sessions that are over are removed.

        Raises:
            NotFound: the key does not live any more.
        """
        now, secret = self._clock(), new_secret()
        with self._writing.begin() as connection:
            query = sa.select(*_KEY).where(api_key.c.prefix == prefix)
            row = connection.execute(query).mappings().first()
            if row is None or not (key := _key(row)).live(now):
                raise NotFound("key", found=prefix, expected="a key in use")
            ends = now + seconds if key.expires_at is None else min(now + seconds, key.expires_at)
            connection.execute(sa.delete(api_session).where(api_session.c.expires_at <= now))
            session = {"digest": digest(secret), "created_at": now, "expires_at": ends}
            connection.execute(sa.insert(api_session).values(prefix=prefix, **session))
        return secret

    def by_session(self, cookie: str) -> Caller | None:
        """Return whose session a cookie is; None when it is wrong or over."""
        return self._session(digest(cookie))

    def close_session(self, id: str) -> None:
        """End a session, by the digest of its cookie."""
        with self._writing.begin() as connection:
            connection.execute(sa.delete(api_session).where(api_session.c.digest == id))

    def valid(self, caller: Caller) -> bool:
        """Tell whether a caller would be let in again with the same credential."""
        now = self._clock()
        if caller.expires_at is not None and now >= caller.expires_at:
            return False
        if caller.via == "session":
            return self._session(caller.credential) is not None
        if caller.via == "key":
            query = sa.select(*_KEY).where(api_key.c.prefix == caller.credential)
            with self._engine.connect() as connection:
                row = connection.execute(query).mappings().first()
            return row is not None and _key(row).live(now)
        return True

    def _session(self, id: str) -> Caller | None:
        """Sessions are found by digest alone: who can search for one knows 256 secret bits."""
        now = self._clock()
        with self._engine.connect() as connection:
            row = connection.execute(_BY_SESSION, {"id": id, "now": now}).mappings().first()
        if row is None or not (key := _key(row)).live(now):
            return None
        self._touch(key)
        return Caller(key.owner, key.scope, "session", id)

    def _touch(self, key: Key) -> None:
        now = self._clock()
        if key.last_used_at is not None and now - key.last_used_at < TOUCH_S:
            return
        stale = sa.or_(api_key.c.last_used_at.is_(None), api_key.c.last_used_at <= now - TOUCH_S)
        change = sa.update(api_key).where(api_key.c.prefix == key.prefix, stale)
        try:
            with self._writing.begin() as connection:
                connection.execute(change.values(last_used_at=now))
        except OperationalError as error:  # a full disk must not lock readers out
            log.warning("the last use of key %s is not recorded: %s", key.prefix, error.orig)


def _key(row: Any) -> Key:  # noqa: ANN401 - a row as a mapping
    return Key(**{**row, "scope": Scope(row["scope"])})
