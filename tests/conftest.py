"""Servers for the whole suite: each starts once, on first use, in a directory of its own."""

from __future__ import annotations

import atexit
import gc
import logging
import os
import sys
import warnings
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from graph import schema
from graph.config import StoreConfig
from graph.store import Store
from tests.servers import neo4j as neo4j_server

# Read when numpy and torch are first imported. What the tests compute is small and the suite's
# processes share the cores: threads that wait for one another cost ten times the work itself.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The suite's processes compile some thousand modules each, the tests' own with their assertions
# written out: bytecode is kept for the next of them also where the environment says not to.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected lives to the end: looking through it for garbage took a third of the time.

    The garbage of the tests themselves is taken out, in fewer and larger loads than by default.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(50_000, 10, 10)
        gc.enable()
        _let_logs_of_torch_through()


def _let_logs_of_torch_through() -> None:
    """Pytest hangs two handlers on every logger that keeps to itself, thrice a test; torch has 50.

    What they say reaches the handlers of the root logger this way, as it does with those.
    """
    for name, logger in logging.root.manager.loggerDict.items():
        if name.startswith("torch") and isinstance(logger, logging.Logger):
            logger.propagate = True


def pytest_configure(config: pytest.Config) -> None:
    """How the process ends; what is registered here runs after all that the tests register."""
    if hasattr(config, "workerinput"):
        # One of several has told all it knows: taking a million objects apart takes it seconds.
        atexit.register(os._exit, 0)
    else:
        # Libraries complain of leaks where nobody collects what the process leaves at its end.
        atexit.register(gc.unfreeze)


def empty(store: Store) -> None:
    """Take every node away and number revisions from 1 again; the schema stays."""
    with store.session() as session:
        session.execute_write(lambda tx: tx.run("MATCH (n) DETACH DELETE n").consume())
    store.write("schema/counter")


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test reads or writes the user's own data."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEUROWEAVE_HOME", str(home))
        for name in ("NEUROWEAVE_NEO4J_URI", "NEUROWEAVE_NEO4J_PASSWORD"):
            patch.delenv(name, raising=False)
        yield home


@pytest.fixture(autouse=True)
def _log_as_it_was() -> Iterator[None]:
    """A command that ran in this process leaves no log that goes to its closed stream."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers[:]:
        if type(handler) is logging.StreamHandler and handler not in handlers:
            root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture(scope="session")
def embedded_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The embedded server with an applied schema; shared, so empty it first."""
    with Store.open(StoreConfig(tmp_path_factory.mktemp("embedded"))) as store:
        schema.apply(store)
        yield store


@pytest.fixture(scope="session")
def neo4j_config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreConfig]:
    """How to reach a real Neo4j; skips loudly where it cannot be had.

    With ``NEUROWEAVE_REQUIRE_NEO4J=1`` it fails instead.
    """
    try:
        with neo4j_server.running(tmp_path_factory.mktemp("neo4j")) as server:
            home = tmp_path_factory.mktemp("neo4j-client")
            yield StoreConfig(home, uri=server.uri, password=server.password)
    except neo4j_server.MissingError as error:
        if os.environ.get("NEUROWEAVE_REQUIRE_NEO4J") == "1":
            pytest.fail(f"the real Neo4j is required: {error}")
        _say_once(f"THE NEO4J HALF OF THE SUITE IS SKIPPED: {error}")
        pytest.skip(f"no real Neo4j: {error}")


@pytest.fixture(scope="session")
def neo4j_store(neo4j_config: StoreConfig) -> Iterator[Store]:
    """A real Neo4j with an applied schema; shared, so empty it first."""
    with Store.open(neo4j_config) as store:
        schema.apply(store)
        yield store


@pytest.fixture(
    params=[
        pytest.param("embedded", marks=pytest.mark.server),
        pytest.param("neo4j", marks=[pytest.mark.server, pytest.mark.neo4j]),
    ]
)
def store(request: pytest.FixtureRequest) -> Store:
    """Each of the two servers, empty."""
    opened: Store = request.getfixturevalue(f"{request.param}_store")
    empty(opened)
    return opened


_said: set[str] = set()


def _say_once(line: str) -> None:
    if line not in _said:
        _said.add(line)
        warnings.warn(line, stacklevel=2)


@pytest.fixture(scope="session")
def wipe() -> Callable[[Store], None]:
    """:func:`empty`, for tests that cannot import this module."""
    return empty
