"""One driver, two servers: the connection that everything above goes through."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from atlas.errors import Forbidden, Unavailable
from graph.config import StoreConfig
from graph.failures import translated
from graph.queries import Query, load
from graph.trace import note
from graph.values import plain

if TYPE_CHECKING:
    from neo4j import Driver, ManagedTransaction, Session

    from graph.embedded.launcher import Attachment

T = TypeVar("T")
Row = dict[str, Any]

_RETRY_S = 5.0
"""For how long the driver repeats a transaction that met a passing conflict."""

_PATIENCE_S = 60.0
"""For how long we go on where the conflict is that many write at once."""


class Tx:
    """A running transaction: every named query in it takes effect, or none."""

    def __init__(self, transaction: ManagedTransaction) -> None:
        self._transaction = transaction

    def run(self, name: str, **params: object) -> list[Row]:
        """Run one named query; rows are plain dicts in the query's column order."""
        query = load(name)
        query.check(params)
        return self.run_query(query, params)

    def run_query(self, query: Query, params: dict[str, object]) -> list[Row]:
        """Run a query whose parameters have been checked."""
        note(query.name, query.text, params)
        result = self._transaction.run(query.text, params)
        return [{key: plain(record[key]) for key in record.keys()} for record in result]  # noqa: SIM118


class Store:
    """An open graph. Make one with :meth:`open`, close it after use (context manager).

    ``server`` says which of the two it is; nothing above needs to ask, but a person may. A
    ``frozen`` store (of a release) refuses to be written.
    """

    def __init__(
        self,
        config: StoreConfig,
        driver: Driver,
        database: str | None,
        attachment: Attachment | None = None,
    ) -> None:
        self.config = config
        self.database = database
        self.server: Literal["embedded", "neo4j"] = "embedded" if attachment else "neo4j"
        self.attachment = attachment
        self.frozen = False
        self._driver = driver
        self._reader: Driver | None = None
        self._opening = threading.Lock()
        self._turn = threading.RLock()

    @classmethod
    def open(cls, config: StoreConfig) -> Store:
        """Connect, starting the embedded server where no URI is given.

        Raises:
            Unavailable: nobody answers, the password is wrong, or the directory cannot be used.
        """
        return _open_server(config) if config.uri else _open_embedded(config)

    @property
    def uri(self) -> str:
        """Address of the server in use."""
        if self.attachment:
            return f"bolt://127.0.0.1:{self.attachment.state.bolt_port}"
        return self.config.uri or ""

    def read(self, name: str, **params: object) -> list[Row]:
        """Run one named query that declares ``mode: read``, in a read transaction."""
        query = load(name)
        if query.mode != "read":
            raise ValueError(f"{name} declares mode {query.mode}; use write()")
        query.check(params)
        with translated(self), self.session(read=True) as session:
            return session.execute_read(lambda tx: Tx(tx).run_query(query, params))

    def reading(self, work: Callable[[Tx], T]) -> T:
        """Run ``work``, which only reads, in one read transaction."""
        with translated(self), self.session(read=True) as session:
            return session.execute_read(lambda tx: work(Tx(tx)))

    def write(self, name: str, **params: object) -> list[Row]:
        """Run one named query in a write transaction of its own."""
        return self.transaction(lambda tx: tx.run(name, **params))

    def define(self, name: str) -> None:
        """Run one schema statement, which the servers take outside other transactions only."""
        with translated(self), self.session() as session:
            session.run(load(name).text).consume()

    def transaction(self, work: Callable[[Tx], T]) -> T:
        """Run ``work`` in one write transaction; all of it takes effect, or nothing.

        ``work`` may be called again after a conflict, so it must have no effect of its own.

        Raises:
            Conflict: a uniqueness constraint is violated, and again at the second try (racing
                ``MERGE`` s can violate one once).
            Forbidden: the store is frozen.
        """
        if self.frozen:
            raise Forbidden(
                "release", found="a change", expected="questions: a release never changes"
            )
        from neo4j.exceptions import ConstraintError, TransientError

        def attempt() -> T:
            with self.session() as session:
                return session.execute_write(lambda tx: work(Tx(tx)))

        with translated(self), self.writing():
            patient_until = time.monotonic() + _PATIENCE_S
            while True:
                try:
                    return attempt()
                except ConstraintError:
                    return attempt()
                except TransientError as error:
                    # Many processes that queue for the counter look like a deadlock to Neo4j.
                    crowded = (error.code or "").endswith("DeadlockDetected")
                    if not crowded or time.monotonic() > patient_until:
                        raise

    @contextmanager
    def writing(self) -> Iterator[None]:
        """The turn to write; the embedded server's holds across processes.

        Every transaction of ours writes the revision counter, so that none could overtake.
        """
        with self.attachment.writer.held() if self.attachment else self._turn:
            yield

    @contextmanager
    def session(
        self, *, read: bool = False, restricted: bool = False, fetch_size: int = 1000
    ) -> Iterator[Session]:
        """A driver session; ``restricted`` uses the reader user, where the server has one."""
        from neo4j import READ_ACCESS, WRITE_ACCESS

        self._revive()
        driver = self._reading_driver() if restricted else self._driver
        mode = READ_ACCESS if read or restricted else WRITE_ACCESS
        with driver.session(
            database=self.database, default_access_mode=mode, fetch_size=fetch_size
        ) as session:
            yield session

    def _revive(self) -> None:
        """Start the embedded server again if it has died under us."""
        if self.attachment is None or self.attachment.alive:
            return
        with self._opening:
            if not self.attachment.alive:
                self.close()
                again = _open_embedded(self.config)
                self.attachment, self._driver, self._reader = again.attachment, again._driver, None

    def _reading_driver(self) -> Driver:
        if self.attachment is None:
            return self._driver
        with self._opening:
            if self._reader is None:
                state = self.attachment.state
                self._reader = _driver(self.uri, state.reader, state.reader_password)
        return self._reader

    def close(self) -> None:
        """Close the connections; the embedded server stops after its last user."""
        for driver in (self._reader, self._driver):
            if driver is not None:
                driver.close()
        if self.attachment:
            self.attachment.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _open_embedded(config: StoreConfig) -> Store:
    from graph.embedded.launcher import attach
    from graph.embedded.layout import DATABASE

    # The driver takes a second to import; the server a second to start. Both at once.
    driver_import = threading.Thread(target=lambda: import_module("neo4j"), daemon=True)
    driver_import.start()
    try:
        attachment = attach(config.files or config.home / "graph")
    finally:
        driver_import.join()
    state = attachment.state
    driver = _driver(f"bolt://127.0.0.1:{state.bolt_port}", state.user, state.password)
    return Store(config, driver, DATABASE, attachment)


def _open_server(config: StoreConfig) -> Store:
    uri = config.uri or ""
    if not re.match(r"(bolt|neo4j)(\+s|\+ssc)?://[^/]", uri):
        raise _bad_uri(uri)
    if config.password is None:
        raise Unavailable(
            "database password",
            expected=f"the password of user {config.user} at {config.uri}",
            hint="set NEUROWEAVE_NEO4J_PASSWORD",
        )
    from neo4j.exceptions import ConfigurationError

    try:
        driver = _driver(uri, config.user, config.password, quiet=True)
    except (ConfigurationError, ValueError) as error:
        raise _bad_uri(uri, str(error)) from error
    store = Store(config, driver, config.database)
    try:
        # One attempt: a wrong password or a closed port is known at once.
        with translated(store), store.session(read=True) as session:
            session.run("RETURN 1").consume()
    except BaseException:
        driver.close()
        raise
    return store


def _bad_uri(uri: str, hint: str = "") -> Unavailable:
    expected = "bolt://HOST:PORT or neo4j://HOST:PORT"
    return Unavailable("database uri", found=uri, expected=expected, hint=hint)


def _driver(uri: str, user: str, password: str, *, quiet: bool = False) -> Driver:
    from neo4j import GraphDatabase

    # The embedded server speaks a protocol without notifications and refuses to be told.
    severity: Literal["OFF"] | None = "OFF" if quiet else None

    return GraphDatabase.driver(
        uri,
        auth=(user, password),
        connection_timeout=5.0,
        connection_acquisition_timeout=15.0,
        max_transaction_retry_time=_RETRY_S,
        user_agent="neuroweave",
        notifications_min_severity=severity,
    )
