"""Opening what a command works on: settings, the store, the checkpoints."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from atlas.errors import Unavailable

if TYPE_CHECKING:
    from atlas.progress import Progress
    from graph.config import StoreConfig
    from graph.store import Store


_asked: list[str] = []


def ask(release: str | None) -> None:
    """Let the command that follows ask this release; None: the living graph."""
    _asked[:] = [release] if release else []


@contextmanager
def open_store(*, ready: bool = True, lean: bool = False) -> Iterator[Store]:
    """The store that the settings name.

    With ``ready`` an empty store is filled with the built-in atlases, functions and evidence
    first, so that every command works on a fresh machine. Where this is ``lean``, a process of
    its own does so and takes the libraries that it needs (torch, nilearn) with it. After
    ``--release`` it is the graph of that release, which cannot be written.
    """
    from neuroweave.settings import load_settings

    if _asked:
        from graph.releases.shelf import opened_store

        with opened_store(load_settings().store, _asked[-1]) as store:
            yield store
        return
    with _opened(load_settings().store) as store:
        if ready:
            _fill_when_empty(store, _fill_elsewhere if lean else _fill_here)
        yield store


@contextmanager
def beside(store: Store) -> Iterator[Store]:
    """The living graph, for what no release has: the store itself, unless that is a release's."""
    from neuroweave.settings import load_settings

    if not _asked:
        yield store
        return
    with _opened(load_settings().store) as living:
        yield living


def _opened(config: StoreConfig) -> Store:
    from graph.store import Store

    if not sys.stderr.isatty():
        return Store.open(config)
    from neuroweave.cli.output import progress_bar

    # Nothing is printed before the database answers; the embedded one takes seconds to start.
    with progress_bar("opening the graph"):
        return Store.open(config)


def _fill_when_empty(store: Store, how: Callable[[Store], None]) -> None:
    from graph import models, schema

    schema.apply(store)
    # Models are written last: with them everything is there, also after an interrupted first use.
    if not models.list_models(store):
        how(store)


def _fill_elsewhere(store: Store) -> None:
    command = [sys.executable, "-P", "-m", "neuroweave", "atlas", "import", "builtin"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise Unavailable(
            "built-in atlases",
            found=f"exit status {done.returncode}",
            expected="an import without an error",
            hint="see with: neuroweave atlas import builtin",
        )


def _fill_here(store: Store) -> None:
    from neuroweave.cli.output import progress_bar

    with progress_bar("first use: loading the built-in atlases and evidence") as progress:
        fill(store, progress)


def fill(store: Store, progress: Progress) -> dict[str, dict[str, int]]:
    """Write everything that is built in; counts of :func:`jobs.ingest.import_builtin`."""
    from jobs.ingest import import_builtin

    return import_builtin(store, progress)
