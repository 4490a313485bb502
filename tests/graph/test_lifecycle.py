"""The embedded child: shared, never outliving its last user, clear when it cannot start."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from atlas.errors import NeuroweaveError, Unavailable
from graph import revisions, schema
from graph.config import StoreConfig
from graph.embedded import launcher
from graph.embedded.layout import Layout, ServerState
from graph.embedded.lease import LeaseServer, acquire
from graph.failures import translated
from graph.store import Store

ROOT = str(Path(__file__).resolve().parents[2])

USER = f"""
import sys, time
sys.path.insert(0, {ROOT!r})
from pathlib import Path
from threading import Barrier
from graph.config import StoreConfig
from graph.store import Store
store = Store.open(StoreConfig(Path(sys.argv[1])))
print(store.attachment.state.pid, flush=True)
time.sleep(120)
"""


def _user(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(home)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _child_of(user: subprocess.Popen[str]) -> int:
    assert user.stdout is not None
    return int(user.stdout.readline())


def _alive(pid: int) -> bool:
    """Whether the process runs; a dead one that nobody has reaped yet does not."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return False
    return fields[0] != "Z"


def _soon(condition: Callable[[], bool], within_s: float = 20.0) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


@pytest.mark.server
def test_one_child_serves_every_process_and_dies_after_the_last(tmp_path: Path) -> None:
    users = [_user(tmp_path) for _ in range(3)]
    pids = {_child_of(user) for user in users}
    assert len(pids) == 1
    (pid,) = pids
    # Ctrl-C in a terminal reaches the user's whole process group, not the child.
    os.killpg(users[0].pid, signal.SIGINT)
    users[1].kill()
    for user in users[:2]:
        user.wait(timeout=30)
    time.sleep(3.0)
    assert _alive(pid), "a user is left"
    users[2].kill()
    users[2].wait(timeout=30)
    assert _soon(lambda: not _alive(pid)), "nobody is left"
    assert not Layout(tmp_path / "graph").state.exists()


@pytest.mark.server
def test_data_outlive_a_killed_child_and_its_stale_state(tmp_path: Path) -> None:
    config = StoreConfig(tmp_path)
    with Store.open(config) as store:
        assert store.attachment is not None
        first = store.attachment.state.pid
        with store.session() as session:
            session.execute_write(lambda tx: tx.run("CREATE (:Scenario {id: 'kept'})").consume())
        os.kill(first, signal.SIGKILL)
        assert _soon(lambda: not _alive(first))
    layout = Layout(tmp_path / "graph")
    assert layout.state.exists(), "a killed child leaves its state behind"
    with Store.open(config) as store:
        assert store.attachment is not None
        assert store.attachment.state.pid != first
        assert store.read("stats/nodes") == [{"label": "Scenario", "n": 1}]
        assert stat.S_IMODE(layout.state.stat().st_mode) == 0o600
        os.kill(store.attachment.state.pid, signal.SIGTERM)
        assert _soon(lambda: not layout.state.exists()), "SIGTERM stops it cleanly"


@pytest.mark.server
def test_a_store_survives_its_child(tmp_path: Path) -> None:
    with Store.open(StoreConfig(tmp_path)) as store:
        schema.apply(store)
        assert store.attachment is not None
        first = store.attachment.state.pid
        os.kill(first, signal.SIGKILL)
        attachment = store.attachment
        assert _soon(lambda: not attachment.alive)
        assert store.read("stats/nodes") == [{"label": "Counter", "n": 1}]
        assert store.attachment.state.pid != first


WRITER = f"""
import sys
sys.path.insert(0, {ROOT!r})
from pathlib import Path
from threading import Barrier
from atlas.model import FunctionTerm
from graph import functions
from graph.config import StoreConfig
from graph.store import Store
with Store.open(StoreConfig(Path(sys.argv[1]))) as store:
    for n in range(10):
        functions.put(store, [FunctionTerm(sys.argv[2] + str(n), "")], by=sys.argv[2])
"""


@pytest.mark.server
def test_processes_number_their_revisions_without_gaps(tmp_path: Path) -> None:
    with Store.open(StoreConfig(tmp_path)) as store:
        schema.apply(store)
        writers = [
            subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), name])
            for name in ("p", "q", "r")
        ]
        assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0]
        rows, _ = revisions.list_revisions(store, limit=100)
    assert [row["seq"] for row in rows] == list(range(30, 0, -1))


@pytest.mark.server
def test_listeners_are_on_loopback_only(embedded_store: Store) -> None:
    assert embedded_store.attachment is not None
    pid = embedded_store.attachment.state.pid
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        target = str(link.readlink())
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    hosts = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                hosts.append(fields[1].split(":")[0])
    assert len(hosts) >= 3  # Bolt, HTTP, leases
    loopback = {"0100007F", "0000000000000000FFFF00000100007F"}
    assert set(hosts) <= loopback


@pytest.mark.server
def test_an_error_says_what_is_wrong(embedded_store: Store) -> None:
    def blah() -> None:
        with translated(embedded_store), embedded_store.session() as session:
            session.run("BLAH").consume()

    with pytest.raises(NeuroweaveError, match="BLAH"):
        blah()


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "graph").write_text("not a directory")
    with pytest.raises(Unavailable, match="not a directory"):
        launcher.attach(tmp_path / "graph")


def test_a_file_higher_up_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a directory")
    with pytest.raises(Unavailable, match="directory"):
        launcher.attach(tmp_path / "home" / "graph")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a place nobody can write")
def test_an_unwritable_directory() -> None:
    with pytest.raises(Unavailable, match="a directory that can be written"):
        launcher.attach(Path("/proc/neuroweave/graph"))


def test_a_directory_of_another_version(tmp_path: Path) -> None:
    (tmp_path / "VERSION").write_text("99\n")
    with pytest.raises(Unavailable, match=r"found data format 99.*expected data format 1"):
        launcher.attach(tmp_path)


def test_database_files_without_a_version(tmp_path: Path) -> None:
    (tmp_path / "databases").mkdir()
    with pytest.raises(Unavailable, match="without a version"):
        launcher.attach(tmp_path)


def test_a_child_that_cannot_start_shows_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = Layout(tmp_path)
    layout.prepare()
    layout.config.write_text("a file where the engine wants a directory")
    with pytest.raises(Unavailable, match=r"status 1.*FileExistsError"):
        launcher.attach(tmp_path)


def test_broken_state_is_no_state(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    for text in ("", "{", "[]", json.dumps({"pid": 1})):
        layout.state.write_text(text)
        assert layout.read_state() is None


def test_state_round_trip_is_private(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    state = ServerState(1, 2, 3, 4, "token", "secret", "other")
    layout.write_state(state)
    layout.write_state(state)
    assert layout.read_state() == state
    assert stat.S_IMODE(layout.state.stat().st_mode) == 0o600


def test_a_disk_without_space_is_named(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.prepare()
    layout.log.write_text("java.io.IOException: No space left on device")
    assert "free disk space" in str(launcher._failure(layout, "it ended with status 1"))


def test_leases_need_the_token_and_end_with_their_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    monkeypatch.setattr("graph.embedded.lease.LINGER_S", 0.5)
    server = LeaseServer("right")
    port = server.port
    stop = threading.Event()
    launcher_gone = threading.Event()
    waiting = (stop.is_set, lambda: not launcher_gone.is_set())
    thread = threading.Thread(target=server.serve, args=waiting)
    thread.start()
    try:
        assert acquire(server.port, "wrong") is None
        assert acquire(server.port, "rig") is None
        lease = acquire(server.port, "right")
        assert lease is not None
        launcher_gone.set()
        thread.join(timeout=1)  # twice as long as it lingers
        assert thread.is_alive(), "the lease is held"
        lease.close()
        thread.join(timeout=10)
        assert not thread.is_alive(), "the last lease is gone"
    finally:
        stop.set()
        thread.join()
        server.close()
    assert acquire(port, "right") is None


def test_a_directory_is_claimed_by_many_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        for number in range(30):
            layout, start = Layout(tmp_path / str(number)), Barrier(16)

            def claim(_: int, layout: Layout = layout, start: Barrier = start) -> None:
                start.wait()
                layout.prepare()

            assert list(pool.map(claim, range(16))) == [None] * 16
            assert sorted(path.name for path in layout.root.iterdir()) == ["VERSION", "log"]
