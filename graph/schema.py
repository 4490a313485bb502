"""Constraints and indexes, the same on both servers."""

from __future__ import annotations

from graph.queries import load, names
from graph.store import Store

# The embedded engine defines full-text indexes in SQL only, over declared properties; they
# mirror cypher/schema/{region_text,function_words}.cypher.
_FULL_TEXT = {
    "region_text": ("Region", ("name", "abbreviation", "network")),
    "function_words": ("Function", ("name", "alias_text", "definition")),
}


def apply(store: Store) -> None:
    """Create what is missing; calling it again changes nothing.

    Raises:
        NeuroweaveError: the server refused a definition.
    """
    with store.writing():
        present = {row["name"] for row in store.read("schema/indexes")}
        wanted = [name for name in names() if name.startswith("schema/") and _is_definition(name)]
        for name in wanted:
            if load(name).server in ("", store.server) and name.partition("/")[2] not in present:
                store.define(name)
        if store.server == "embedded":
            _apply_full_text(store, present)
        else:
            store.define("schema/ready")
        store.write("schema/counter")


def _is_definition(name: str) -> bool:
    return load(name).text.startswith("CREATE ")


def _apply_full_text(store: Store, present: set[str]) -> None:
    from graph.embedded.http import sql

    assert store.attachment is not None
    state = store.attachment.state
    for index, (label, properties) in _FULL_TEXT.items():
        if index in present:
            continue
        for name in properties:
            sql(state, f"CREATE PROPERTY {label}.{name} IF NOT EXISTS STRING")
        columns = ", ".join(properties)
        sql(state, f"CREATE INDEX {index} IF NOT EXISTS ON {label} ({columns}) FULL_TEXT")
