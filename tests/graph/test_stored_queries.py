"""Questions with a name: built in, saved, shared, versioned, and always only reading."""

from __future__ import annotations

import pytest

from atlas.errors import Forbidden, InvalidInput, NotFound
from graph import queries, revisions, stored_queries
from graph.store import Store
from tests.graph.small import fill

BY_NETWORK = "MATCH (r:Region) WHERE r.id = $id RETURN r.name AS name"


def save(store: Store, query: str = BY_NETWORK, **more: object) -> stored_queries.StoredQuery:
    options = {"by": "ada", "shared": True, **more}
    saved, _ = stored_queries.save(store, "named", query, {"id": "STRING"}, **options)  # type: ignore[arg-type]
    return saved


def test_every_built_in_one_reads_and_has_typed_parameters() -> None:
    for id, query in stored_queries._built_in().items():
        assert queries.load(id.replace(".", "/")).mode == "read"
        assert all(kind.rstrip("?") for kind in query.parameters.values())
        assert query.description


def test_a_built_in_one_runs_with_typed_values(store: Store) -> None:
    fill(store)
    query = stored_queries.get(store, "region.get", by="anyone")
    found = stored_queries.execute(store, query, {"id": "a:1"})
    assert found.fields[0] == "id"
    assert found.rows[0][0] == "a:1"
    for wrong in ({}, {"id": 1}, {"id": "a:1", "more": 1}, {"id": None}):
        with pytest.raises(InvalidInput, match="parameters"):
            stored_queries.execute(store, query, wrong)


def test_changes_make_versions_and_old_ones_stay(store: Store) -> None:
    fill(store)
    assert save(store).version == 1
    assert save(store).version == 1
    assert save(store, BY_NETWORK.replace("r.name", "r.id")).version == 2
    for id, expected in (("named@1", "Motion area"), ("named@2", "a:1"), ("named", "a:1")):
        query = stored_queries.get(store, id, by="ben")
        assert stored_queries.execute(store, query, {"id": "a:1"}).rows == [[expected]]
    with pytest.raises(NotFound):
        stored_queries.get(store, "named@3", by="ada")
    actions = [row["action"] for row in revisions.list_revisions(store, limit=2)[0]]
    assert actions == ["save query", "save query"]


def test_a_query_is_its_owners(store: Store) -> None:
    fill(store)
    save(store, shared=False)
    assert "named" in {one.id for one in stored_queries.list_queries(store, by="ada")}
    assert "named" not in {one.id for one in stored_queries.list_queries(store, by="ben")}
    with pytest.raises(NotFound):
        stored_queries.get(store, "named", by="ben")
    with pytest.raises(Forbidden, match="your own"):
        save(store, BY_NETWORK + " LIMIT 1", by="ben")
    with pytest.raises(NotFound):
        stored_queries.delete(store, "named", by="ben")
    stored_queries.delete(store, "named", by="root", admin=True)
    with pytest.raises(NotFound):
        stored_queries.get(store, "named@1", by="ada")
    assert save(store).version == 2


@pytest.mark.parametrize(
    ("name", "query", "declared", "error"),
    [
        ("evil", "MATCH (n) DETACH DELETE n", {}, Forbidden),
        ("Evil name", "RETURN 1", {}, InvalidInput),
        ("region.get", "RETURN 1", {}, InvalidInput),
        ("undeclared", "RETURN $x", {}, InvalidInput),
        ("unused", "RETURN 1", {"x": "STRING"}, InvalidInput),
        ("strange", "RETURN $x", {"x": "THING"}, InvalidInput),
    ],
)
def test_what_cannot_be_saved(
    name: str, query: str, declared: dict[str, str], error: type[Exception]
) -> None:
    # It is refused before a server is asked: none is needed.
    with pytest.raises(error):
        stored_queries.save(None, name, query, declared, by="ada")  # type: ignore[arg-type]


def test_values_are_judged_when_they_come(store: Store) -> None:
    fill(store)
    text = "UNWIND [x IN range(1, $id) | x] AS x RETURN count(x) AS n"
    stored_queries.save(store, "long", text, {"id": "INTEGER"}, by="ada")
    query = stored_queries.get(store, "long", by="ada")
    assert stored_queries.execute(store, query, {"id": 3}).rows == [[3]]
    with pytest.raises(Forbidden, match=r"range\(\)"):
        stored_queries.execute(store, query, {"id": 10**9})
