"""Where things came from: files, papers, database releases."""

from __future__ import annotations

from dataclasses import asdict

from atlas.model import Source
from graph.store import Row, Store


def row(source: Source) -> Row:
    """The stored form of a source."""
    return asdict(source)


def list_sources(store: Store) -> list[Row]:
    """Every source: id, name, version, licence, citation, url, sha256, n_claims."""
    return store.read("source/list")
