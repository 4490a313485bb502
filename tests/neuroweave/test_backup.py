"""A backup of a whole installation: taken while it works, restored elsewhere, never half."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from api.access.accounts import Accounts
from api.access.caller import Scope
from atlas.errors import Conflict, InvalidInput, NeuroweaveError, NotFound, Unavailable
from graph import content, functions, revisions, schema
from graph.config import StoreConfig
from graph.store import Store
from jobs.ledger import Ledger
from jobs.tables import metadata
from neuroweave import archive, backup
from neuroweave.backup import Installation
from tests.api import world
from tests.limits import file_size_limit

KEPT = {"checkpoints/aa/one.safetensors": b"weights", "uploads/map.nii.gz": b"map"}
LEFT = {"features/x.npy": b"again", "jobs.db-wal.lock": b"", "studies/.part-1": b"half"}


def quiet(message: str, fraction: float) -> None:
    assert 0 <= fraction <= 1, message


def installed(home: Path) -> Installation:
    return Installation(StoreConfig(home))


def digest(store: Store) -> str:
    return store.reading(lambda tx: content.digest_of(content.collect(tx)))


def rows(home: Path) -> dict[str, list[tuple[object, ...]]]:
    engine = sa.create_engine(installed(home).ledger_url)
    with engine.connect() as connection:
        return {
            name: [tuple(row) for row in connection.execute(sa.select(table))]
            for name, table in metadata.tables.items()
        }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with something of everything."""
    home = tmp_path_factory.mktemp("whole") / "home"
    for name, data in (KEPT | LEFT).items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(data)
    ledger = Ledger.at(home)
    ledger.submit("ingest", {"kind": "ingest"}, by="ada", idempotency_key="k")
    ledger.cancel(ledger.submit("build", {"dataset": "d"}, by="eve").id)
    ledger.close()
    accounts = Accounts(installed(home).ledger_url)
    accounts.create("ada", Scope.EDITOR)
    accounts.close()
    return home


@pytest.fixture(scope="module")
def store(home: Path) -> Iterator[Store]:
    with Store.open(StoreConfig(home)) as store:
        schema.apply(store)
        world.fill(store)
        yield store


@pytest.mark.server
def test_a_new_installation_is_the_old_one(home: Path, store: Store, tmp_path: Path) -> None:
    file = tmp_path / "all.tar.gz"
    found = backup.create(store, installed(home), file, quiet)
    assert found["files"] == len(KEPT)
    assert found["ledger"]["job"] == 2
    assert file.stat().st_mode & 0o077 == 0, "digests of keys are for the owner"
    assert backup.verify(file) == found
    with pytest.raises(Conflict, match="which is there"):
        backup.create(store, installed(home), file, quiet)
    with pytest.raises(Conflict, match="not empty"):
        backup.restore(file, installed(home), quiet)

    new = tmp_path / "deeper" / "new"
    assert backup.restore(file, installed(new), quiet)["graph"] == found["graph"]
    assert sorted(path.name for path in new.parent.iterdir()) == ["new"]
    assert rows(new) == rows(home)
    for name, data in KEPT.items():
        assert (new / name).read_bytes() == data
    assert not any((new / name).exists() for name in LEFT)
    with Store.open(StoreConfig(new)) as other:
        assert digest(other) == digest(store)
        assert revisions.list_revisions(other) == revisions.list_revisions(store)
        functions.put(other, [world.FunctionTerm("more", "more")], by="test")


@pytest.mark.server
def test_writers_go_on_and_a_backup_sees_one_moment(
    home: Path, store: Store, tmp_path: Path
) -> None:
    over = threading.Event()
    failed = list[BaseException]()

    def write() -> None:
        number = 0
        try:
            while not over.is_set():
                number += 1
                pair = [world.FunctionTerm(f"pair{number}-{n}", f"pair {n}") for n in "ab"]
                functions.put(store, pair, by="test")
        except BaseException as error:
            failed.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for n in range(3):
            backup.create(store, installed(home), tmp_path / f"{n}.tar.gz", quiet)
    finally:
        over.set()
        writer.join()
    assert not failed
    for n in range(3):
        with tarfile.open(tmp_path / f"{n}.tar.gz") as tar:
            lines = tar.extractfile("graph.jsonl")
            assert lines is not None
            nodes = [json.loads(line) for line in lines]
        ids = [row["properties"].get("id", "") for row in nodes if "node" in row]
        pairs = {id[:-2] for id in ids if str(id).startswith("pair")}
        assert all(f"{pair}-{n}" in ids for pair in pairs for n in "ab")


Change = Callable[[dict[str, bytes]], None]


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar}  # type: ignore[union-attr]


def packed(path: Path, files: dict[str, bytes], *more: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for entry in more:
            tar.addfile(entry)
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return path


def made(path: Path, files: dict[str, bytes]) -> Path:
    """A sound backup of nothing but these files."""
    with tarfile.open(path, "w:gz") as tar:
        writer = archive.Writer(tar)
        for name, data in {"graph.jsonl": b"", "ledger.jsonl": b"", **files}.items():
            writer.add(name, io.BytesIO(data))
        graph = {"nodes": 0, "relationships": 0, "fingerprint": "0" * 64}
        writer.end({"made_at": "2026", "version": "1", "graph": graph, "ledger": {}})
    return path


def test_damage_is_seen(tmp_path: Path) -> None:
    sound = made(tmp_path / "sound.tar.gz", {"files/a": b"aaa"})
    assert backup.verify(sound)["files"] == 1
    whole = sound.read_bytes()
    inside = gzip.decompress(whole)
    flipped = inside.replace(b"aaa", b"aab")
    cut = inside[: inside.index(b"manifest.json")]
    wrong = {
        "empty": b"",
        "text": b"not a backup",
        "cut": whole[: len(whole) // 2],
        "without an end": whole[:-9],
        "flipped": gzip.compress(flipped),
        "no manifest": gzip.compress(cut + bytes(1024)),
    }
    for name, data in wrong.items():
        path = tmp_path / "wrong.tar.gz"
        path.write_bytes(data)
        with pytest.raises(InvalidInput):
            backup.verify(path)
        with pytest.raises(InvalidInput):
            backup.restore(path, installed(tmp_path / "new"), quiet)
        assert not (tmp_path / "new").exists(), name
    assert {path.name for path in tmp_path.iterdir()} == {"sound.tar.gz", "wrong.tar.gz"}


def test_a_sound_backup_is_not_blamed_for_its_place(tmp_path: Path) -> None:
    sound = made(tmp_path / "sound.tar.gz", {"files/a": b"a" * 100_000})
    with file_size_limit(1000), pytest.raises(Unavailable, match="while unpacking"):
        backup.restore(sound, installed(tmp_path / "new"), quiet)
    with pytest.raises(Unavailable, match="while unpacking"):
        backup.verify(tmp_path)
    with pytest.raises(NotFound):
        backup.verify(tmp_path / "nothing.tar.gz")
    assert [path.name for path in tmp_path.iterdir()] == ["sound.tar.gz"]


def test_names_that_lead_elsewhere_are_refused(tmp_path: Path) -> None:
    sound = made(tmp_path / "sound.tar.gz", {})
    files = members(sound)
    for name in ("files/../../x", "/files/x", "files//x", "other", "files/./x", "files/a\\b"):
        with pytest.raises(InvalidInput, match="a file named"):
            backup.verify(packed(tmp_path / "w.tar.gz", {name: b"x", **files}))
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
        link = tarfile.TarInfo("files/link")
        link.type, link.linkname = kind, "/etc/passwd"
        with pytest.raises(InvalidInput, match="no plain file"):
            backup.verify(packed(tmp_path / "w.tar.gz", files, link))
    with pytest.raises(InvalidInput, match="behind the manifest"):
        backup.verify(packed(tmp_path / "w.tar.gz", {**files, "files/z": b""}))
    for name in ("files/graph/server.json", "files/jobs.db"):
        path = made(tmp_path / "v.tar.gz", {name: b"x"})
        with pytest.raises(InvalidInput, match="files of ours"):
            backup.restore(path, installed(tmp_path / "new"), quiet)
        assert not (tmp_path / "new").exists()


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "FREE_GROWTH", 1 << 16)
    bomb = made(tmp_path / "bomb.tar.gz", {"files/zeros": bytes(1 << 20)})
    with pytest.raises(InvalidInput, match="far more"):
        backup.verify(bomb)


@pytest.mark.server
def test_a_restore_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """The graph is refused after the ledger was filled."""
    line = b'{"from":["Region","a"],"properties":{},"relationship":"X","to":["Region","b"]}'
    path = tmp_path / "w.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        writer = archive.Writer(tar)
        writer.add("graph.jsonl", io.BytesIO(line + b"\n"))
        writer.add("ledger.jsonl", io.BytesIO(b""))
        counted = backup.graph_lines.checked([line]).to_dict()
        writer.end({"made_at": "2026", "version": "1", "graph": counted, "ledger": {}})
    with pytest.raises(NeuroweaveError, match="a node that it lacks"):
        backup.restore(path, installed(tmp_path / "new"), quiet)
    assert [one.name for one in tmp_path.iterdir()] == ["w.tar.gz"]


def test_where_a_backup_may_go(tmp_path: Path) -> None:
    there = installed(tmp_path / "home")
    for path in (tmp_path / "x.zip", tmp_path / "home" / "x.tar.gz"):
        with pytest.raises(InvalidInput, match="backup"):
            backup.create(None, there, path, quiet)  # type: ignore[arg-type]
