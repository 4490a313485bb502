"""Opening what a command works on: settings, the store, the checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph.store import Store


@contextmanager
def open_store(*, ready: bool = True) -> Iterator[Store]:
    """The store that the settings name.

    With ``ready`` an empty store is filled with the built-in atlases, functions and evidence
    first, so that every command works on a fresh machine.
    """
    from graph.store import Store
    from neuroweave.settings import load_settings

    with Store.open(load_settings().store) as store:
        if ready:
            _fill_when_empty(store)
        yield store


def _fill_when_empty(store: Store) -> None:
    from graph import atlases, schema

    schema.apply(store)
    if atlases.list_atlases(store):
        return
    from composer.library import register_models
    from ingest.load import load_builtin
    from neuroweave.cli.output import progress_bar

    with progress_bar("first use: loading the built-in atlases and evidence") as progress:
        load_builtin(store, progress=progress)
        register_models(store)
