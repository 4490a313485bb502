"""The releases of a data directory, and their graphs, open for questions side by side.

Each release is loaded into an embedded database of its own when it is first asked for, so every
query works unchanged and none can mix two releases, whatever server the living graph is on. The
databases are made from the text and may be deleted at any time.
"""

from __future__ import annotations

import shutil
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from filecmp import cmp
from pathlib import Path

from atlas.errors import Conflict, InvalidInput, NotFound
from atlas.whole_files import whole_file, whole_folder
from graph import revisions
from graph.config import StoreConfig
from graph.releases.archive import pack
from graph.releases.loading import load
from graph.releases.manifest import ID, MANIFEST, Manifest, check_id
from graph.releases.reading import Release, opened, read_manifest, verify
from graph.store import Store

OPEN = 3
"""Releases that stay open at once; each takes a database process with some hundred megabytes."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder of releases, each under its id."""

    root: Path

    @classmethod
    def at(cls, home: Path) -> Shelf:
        """The shelf of one data directory."""
        return cls(home / "releases")

    def folder(self, id: str) -> Path:
        """Where a release of this id lies, or would lie.

        Raises:
            InvalidInput: an id that cannot name a folder.
        """
        return self.root / check_id(id)

    def list(self) -> list[Manifest]:
        """Every release that can be read, in order of ids."""
        return [found for found in self._every().values() if isinstance(found, Manifest)]

    def damaged(self) -> dict[str, InvalidInput]:
        """What is wrong with those that cannot be read, by id."""
        return {id: found for id, found in self._every().items() if isinstance(found, InvalidInput)}

    def _every(self) -> dict[str, Manifest | InvalidInput]:
        every: dict[str, Manifest | InvalidInput] = {}
        for folder in sorted(self.root.glob("*")):
            if ID.fullmatch(folder.name) and (folder / MANIFEST).is_file():
                try:
                    every[folder.name] = read_manifest(folder)
                except InvalidInput as error:
                    every[folder.name] = error
        return every

    def get(self, id: str) -> Manifest:
        """What a release says of itself.

        Raises:
            NotFound: names the releases there are.
        """
        if not ID.fullmatch(id) or not (self.folder(id) / MANIFEST).is_file():
            known = ", ".join(sorted(one.id for one in self.list())) or "none was made yet"
            raise NotFound("release", found=repr(id), expected=f"one of: {known}")
        return read_manifest(self.folder(id))

    def add(self, path: Path) -> Manifest:
        """Put a checked copy of a release, from a folder or an archive, on the shelf.

        Raises:
            NotFound, InvalidInput: as :func:`graph.releases.reading.opened`.
            Conflict: another release has this id.
            Unavailable: the shelf cannot be written.
        """
        with opened(path) as release:
            manifest = release.manifest
            target = self.folder(manifest.id)
            if target.exists():
                if self.get(manifest.id) != manifest:
                    raise Conflict(
                        "release",
                        found=f"another {manifest.id} on the shelf",
                        expected="an id of its own",
                    )
                return manifest
            _copy(release, target)
            return manifest

    def copy(self, id: str, target: Path) -> Path:
        """Write a checked copy of a release: a new folder, or an archive where it ends in .zip.

        Raises:
            NotFound: no such release.
            Conflict: there is something else.
            Unavailable: it cannot be written there.
        """
        self.get(id)
        if target.suffix == ".zip":
            return self._pack(id, target)
        if (target / MANIFEST).is_file() and read_manifest(target) == self.get(id):
            return target
        if target.exists():
            raise Conflict("to", found=f"{target.name}, which is there", expected="a new folder")
        _copy(verify(self.folder(id)), target)
        return target

    def _pack(self, id: str, target: Path) -> Path:
        release = verify(self.folder(id))
        with whole_file(target, what="release") as file:
            pack(release.folder, release.manifest, file)
            file.flush()
            if target.exists() and not (target.is_file() and cmp(file.name, target, shallow=False)):
                found = f"{target.name}, which is there"
                raise Conflict("to", found=found, expected="a new file")
        return target


class OpenReleases:
    """Stores of releases, opened when first asked for; the one that rested longest closes."""

    def __init__(self, config: StoreConfig, limit: int = OPEN) -> None:
        self._config = config
        self._shelf = Shelf.at(config.home)
        self._limit = limit
        self._lock = threading.Lock()
        self._stores: OrderedDict[str, Store] = OrderedDict()
        self._users: dict[str, int] = {}

    @contextmanager
    def store(self, id: str) -> Iterator[Store]:
        """The graph of a release, for reading; it stays open while it is used.

        Raises:
            NotFound: no such release.
            InvalidInput: its folder was damaged.
            Unavailable: its database cannot be opened.
        """
        digest = self._shelf.get(id).digest
        with self._lock:
            if digest not in self._stores:
                self._stores[digest] = self._open(id, digest)
            self._stores.move_to_end(digest)
            self._users[digest] = self._users.get(digest, 0) + 1
            store = self._stores[digest]
            self._close_rested()
        try:
            yield store
        finally:
            with self._lock:
                self._users[digest] -= 1
                self._close_rested()

    def close(self) -> None:
        """Close all of them."""
        with self._lock:
            while self._stores:
                self._stores.popitem()[1].close()

    def _close_rested(self) -> None:
        resting = [digest for digest in self._stores if not self._users.get(digest)]
        for digest in resting[: max(0, len(self._stores) - self._limit)]:
            self._stores.pop(digest).close()

    def _open(self, id: str, digest: str) -> Store:
        # The files of the voxels and matrices are named by their content: the home's serve all.
        files = self._config.home / "release-graphs" / digest
        config = replace(self._config, uri=None, password=None, database=None, files=files)
        store = Store.open(config)
        try:
            if not _loaded(store):
                load(store, verify(self._shelf.folder(id)), by="release")
        except BaseException:
            store.close()
            raise
        store.frozen = True
        return store


@contextmanager
def opened_store(config: StoreConfig, id: str) -> Iterator[Store]:
    """The graph of one release, for one command."""
    releases = OpenReleases(config, limit=1)
    try:
        with releases.store(id) as store:
            yield store
    finally:
        releases.close()


def _loaded(store: Store) -> bool:
    """Whether the one revision is there: it came with everything, or nothing has come."""
    return bool(revisions.list_revisions(store, limit=1)[0])


def _copy(release: Release, target: Path) -> None:
    with whole_folder(target, what="release") as draft:
        for path in (MANIFEST, *release.manifest.files):
            (draft / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(release.folder / path, draft / path)
        verify(draft)  # what was checked may have been changed since
