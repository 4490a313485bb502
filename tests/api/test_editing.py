"""Claims and model links stated, changed, reviewed and taken back over HTTP and in the client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest

from api.access.caller import Scope
from api.access.config import AccessConfig
from graph import claims, content, edits, model_links
from graph.store import Store
from neuroweave.client import ApiError, Client, StaleEdit
from tests.api import world
from tests.api.world import HEARING, MOTION
from tests.conftest import empty

pytestmark = pytest.mark.server

DOI = "10.1038/nmeth.1635"
API = "/api/v1"


@pytest.fixture(scope="module")
def filled(embedded_store: Store) -> Store:
    empty(embedded_store)
    world.fill(embedded_store)
    edits.set_licence(embedded_store, "CC0-1.0", by="test")
    return embedded_store


@pytest.fixture(scope="module")
def client(filled: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A person at a server of their own."""
    settings = world.config(tmp_path_factory.mktemp("own"))
    with (
        world.opened(filled, settings) as context,
        world.serving(context) as served,
        Client(served.url) as opened,
    ):
        yield opened


@pytest.fixture(scope="module")
def people(filled: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Client]]:
    """Four people with accounts, by name."""
    access = AccessConfig(per_minute=100_000)
    settings = world.config(tmp_path_factory.mktemp("shared"), access=access)
    scopes = {"vera": "viewer", "ed": "editor", "rita": "reviewer", "ron": "reviewer"}
    with world.opened(filled, settings) as context, world.serving(context) as served:
        made = {
            name: Client(served.url, context.access.accounts.create(name, Scope(scope))[1])
            for name, scope in scopes.items()
        }
        yield made
        for one in made.values():
            one.close()


def weight(client: Client, region: str, function: str) -> float | None:
    found = client.links(region=region, function=function)
    return None if found.empty else float(found.loc[0, "weight"])


def test_a_claim_alone_at_ones_own_server(client: Client, filled: Store) -> None:
    made = client.add_claim("tiny:4", HEARING, weight=0.5, rationale="heard", citation=DOI)
    assert (made["status"], made["proposed_by"]) == ("accepted", "local")
    assert made["citation"] == f"doi:{DOI}"
    assert client.claim(made["id"]) == made
    assert weight(client, "tiny:4", HEARING) == 0.5
    changed = client.edit_claim(made, weight=0.25, comment="weaker on a second look")
    assert (changed["weight"], changed["status"]) == (0.25, "accepted")
    assert weight(client, "tiny:4", HEARING) == 0.25
    rejected = client.review_claim(changed, "reject")
    assert rejected["status"] == "rejected"
    assert weight(client, "tiny:4", HEARING) is None
    assert rejected["id"] in set(client.claims(status="rejected")["id"])
    back = client.review_claim(rejected, "restore")
    client.review_claim(back, "accept")
    assert weight(client, "tiny:4", HEARING) == 0.25
    client.comment_claim(made["id"], "left side only")
    said = client.claim_comments(made["id"])
    assert list(said["text"]) == ["weaker on a second look", "left side only"]
    assert len(client.claim_history(made["id"])) == 5
    assert claims.recompute(filled) == 0


def test_a_change_says_what_it_is_a_change_of(client: Client) -> None:
    path = f"{client.url}{API}/claims/c1"
    read = httpx2.get(path)
    tag = read.headers["etag"]
    assert tag == f'"{read.json()["digest"]}"'
    assert httpx2.get(path, headers={"If-None-Match": tag}).status_code == 304
    body = {"weight": 0.8, "rationale": "weaker"}
    without = httpx2.patch(path, json=body)
    assert (without.status_code, without.json()["errors"][0]["field"]) == (428, "If-Match")
    for wrong in ('W/"x"', "bare", '"a", "b"', ""):
        assert httpx2.patch(path, json=body, headers={"If-Match": wrong}).status_code == 422
    done = httpx2.patch(path, json=body, headers={"If-Match": tag})
    assert (done.status_code, done.json()["weight"]) == (200, 0.8)
    assert done.headers["etag"] == f'"{done.json()["digest"]}"' != tag
    stale = httpx2.patch(path, json={"weight": 0.1}, headers={"If-Match": tag})
    assert (stale.status_code, stale.headers["etag"]) == (412, done.headers["etag"])
    assert stale.json()["type"] == "urn:neuroweave:problem:stale"
    assert stale.json()["current"] == done.json()
    same = httpx2.patch(path, json={"weight": 0.8}, headers={"If-Match": done.headers["etag"]})
    assert same.headers["etag"] == done.headers["etag"]
    over = httpx2.patch(path, json={"weight": 0.9}, headers={"If-Match": "*"})
    assert over.json()["weight"] == 0.9
    nothing = httpx2.patch(path, json={}, headers={"If-Match": "*"})
    assert nothing.status_code == 422
    for wrong in (True, "0.5", 0, 1.1):
        refused = httpx2.patch(path, json={"weight": wrong}, headers={"If-Match": "*"})
        assert refused.json()["errors"][0]["field"] == "weight"
    emptied = httpx2.patch(path, json={"citation": ""}, headers={"If-Match": "*"})
    assert emptied.json()["errors"][0]["field"] == "citation"
    missing = httpx2.patch(f"{client.url}{API}/claims/no", json=body, headers={"If-Match": "*"})
    assert missing.status_code == 404


def test_a_stale_edit_shows_what_is_there_now(client: Client) -> None:
    read = client.claim("c2")
    client.edit_claim(read, weight=0.6, rationale="seen again")
    with pytest.raises(StaleEdit) as stale:
        client.edit_claim(read, weight=0.1)
    assert stale.value.current == client.claim("c2")
    assert stale.value.current is not None
    assert client.edit_claim(stale.value.current, weight=0.1)["weight"] == 0.1
    with pytest.raises(ValueError, match="pass the record as it was read"):
        client.edit_claim("c2", weight=0.2)
    assert client.edit_claim("c2", expected="*", weight=0.7)["weight"] == 0.7


def test_where_a_new_claim_is(client: Client) -> None:
    said = {"region": "tiny:3", "function": MOTION, "weight": 0.3, "rationale": "r",
            "citation": "PMID:21706013"}  # fmt: skip
    made = httpx2.post(f"{client.url}{API}/claims", json=said)
    assert made.status_code == 201
    again = httpx2.get(client.url + made.headers["location"])
    assert (again.json(), again.headers["etag"]) == (made.json(), made.headers["etag"])
    twice = httpx2.post(f"{client.url}{API}/claims", json=said)
    assert twice.status_code == 409
    assert made.json()["id"] in twice.json()["detail"]
    for field, value in {"weight": 1.5, "citation": "a book", "region": "tiny:none"}.items():
        wrong = httpx2.post(f"{client.url}{API}/claims", json={**said, field: value})
        assert wrong.status_code in (404, 422)
        assert wrong.json()["errors"][0]["field"] == field


def test_somebody_else_accepts(people: dict[str, Client]) -> None:
    with pytest.raises(ApiError) as viewer:
        people["vera"].add_claim("tiny:5", MOTION, weight=0.4, rationale="r", citation=DOI)
    assert viewer.value.status == 403
    made = people["ed"].add_claim("tiny:5", MOTION, weight=0.4, rationale="r", citation=DOI)
    assert made["status"] == "proposed"
    assert weight(people["vera"], "tiny:5", MOTION) is None
    proposed = people["vera"].links(region="tiny:5", include_proposed=True)
    assert list(proposed["weight"]) == [0.4]
    with pytest.raises(ApiError) as editor:
        people["ed"].review_claim(made, "accept")
    assert editor.value.status == 403
    accepted = people["rita"].review_claim(made, "accept", comment="agreed")
    assert (accepted["status"], accepted["reviewed_by"]) == ("accepted", "rita")
    assert weight(people["vera"], "tiny:5", MOTION) == 0.4
    assert people["ed"].edit_claim(accepted, weight=0.45)["status"] == "proposed"


def test_nobody_accepts_their_own_where_there_are_accounts(people: dict[str, Client]) -> None:
    rita = people["rita"]
    made = rita.add_claim("tiny:6", MOTION, weight=0.4, rationale="r", citation=DOI)
    assert made["status"] == "proposed"
    with pytest.raises(ApiError) as own:
        rita.review_claim(made, "accept")
    assert own.value.status == 403
    with pytest.raises(ApiError):
        rita.add_claim("tiny:7", MOTION, weight=0.4, rationale="r", citation=DOI, status="accepted")
    assert people["ron"].review_claim(made, "accept")["status"] == "accepted"


def test_the_setting_lets_reviewers_accept_their_own(filled: Store, tmp_path: Path) -> None:
    settings = world.config(tmp_path, access=AccessConfig(self_review=True))
    with world.opened(filled, settings) as context, world.serving(context) as served:
        make = context.access.accounts.create
        with (
            Client(served.url, make("rosa", Scope.REVIEWER)[1]) as rosa,
            Client(served.url, make("emil", Scope.EDITOR)[1]) as emil,
        ):
            stated = {"weight": 0.4, "rationale": "r", "citation": DOI}
            assert rosa.add_claim("tiny:8", MOTION, **stated)["status"] == "accepted"
            assert emil.add_claim("tiny:9", MOTION, **stated)["status"] == "proposed"


def test_a_model_for_a_region(client: Client, filled: Store) -> None:
    link = client.add_model_link("tiny:1", "lenet5/image", rationale="edges first")
    assert (link["id"], link["allow"], link["weight"]) == ("tiny:1|lenet5/image", True, 1.0)
    assert client.model_link(link["id"]) == link
    with pytest.raises(ApiError) as twice:
        client.add_model_link("tiny:1", "lenet5/image", rationale="again", allow=False)
    assert twice.value.status == 409
    assert client.model_link(link["id"]) == link
    forbidden = client.edit_model_link(link, allow=False, rationale="too small")
    assert (forbidden["allow"], forbidden["status"]) == (False, "accepted")
    with pytest.raises(StaleEdit):
        client.edit_model_link(link, weight=0.5)
    rejected = client.review_model_link(forbidden, "reject", comment="no")
    assert list(client.model_links(region="tiny:1")) == []
    assert list(client.model_links(status="rejected")["id"]) == [rejected["id"]]
    client.comment_model_link(link["id"], "look again")
    assert list(client.model_link_comments(link["id"])["text"]) == ["no", "look again"]
    assert len(client.model_link_history(link["id"])) == 3
    assert model_links.recompute(filled) == 0


def test_many_edits_first_looked_at(client: Client, filled: Store, tmp_path: Path) -> None:
    table = tmp_path / "edits.csv"
    table.write_text(
        "action;region;function;model;weight;rationale;doi;id\n"
        f"add;tiny:10;{MOTION};;0,5;why;{DOI};\n"
        "forbid;tiny:10;;lenet5/image;;too small;;\n"
        "reject;;;;;;;c3\n"
    )
    before = content.digest(filled)
    seen = client.edits(table, dry_run=True)
    assert content.digest(filled) == before
    assert [(one["row"], one["change"]) for one in seen["would"]] == [
        (2, "created"),
        (3, "created"),
        (4, "changed"),
    ]
    assert (seen["columns"]["doi"], seen["seq"], seen["problems"]) == ("citation", None, [])
    done = client.edits(table, reason="after the meeting")
    assert done["would"] == seen["would"]
    entry = client.revision(done["seq"])
    assert (entry["reason"], entry["changed"]) == ("after the meeting", 3)
    client.undo(done["seq"])
    assert content.digest(filled) == before


def test_what_was_made_is_not_made_again(client: Client, filled: Store) -> None:
    """Whoever lost the answer sends the same once more."""
    said = {"region": "tiny:5", "weight": 0.5, "rationale": "twice", "citation": DOI}
    batch = [
        {"action": "add_claim", "function": MOTION, **said},
        {"action": "link_model", "model": "lenet5/image", **said},
    ]
    first = client.edits(batch)
    known = first["would"][0]["id"]
    state = content.digest(filled)
    with pytest.raises(
        ApiError, match=f"row 1: claim: found {known}, which says the same"
    ) as twice:
        client.edits(batch)
    assert twice.value.status == 409
    change = [{"action": "edit", "noun": "claim", "id": known, "weight": 0.25}]
    assert client.edits(change)["seq"] is not None
    assert client.edits(change)["seq"] is None
    client.undo(first["seq"] + 1)
    with pytest.raises(ApiError) as twice:
        client.undo(first["seq"] + 1)
    assert twice.value.status == 409
    assert content.digest(filled) == state


def test_every_fault_names_its_row_and_nothing_is_changed(client: Client, filled: Store) -> None:
    rows = [
        {"action": "reject", "id": "c1"},
        {"action": "add_claim", "region": "tiny:none", "function": MOTION, "weight": 0.5,
         "rationale": "r", "citation": DOI},
        {"action": "edit", "id": "c2", "weight": 7},
        {"action": "dance", "id": "c2"},
        {"action": "edit", "id": "c1", "colour": "red"},
        {"action": "edit", "id": "c2", "weight": 0.2, "expected": "old"},
    ]  # fmt: skip
    before = content.digest(filled)
    seen = client.edits(rows, dry_run=True)
    found = {one["row"]: (one["code"], one["field"]) for one in seen["problems"]}
    assert found == {
        2: ("not-found", "region"),
        3: ("invalid-input", "weight"),
        4: ("invalid-input", "action"),
        5: ("invalid-input", "colour"),
        6: ("stale", "claim c2"),
    }
    assert (seen["unknown"], seen["conflicts"]) == ([2], [6])
    with pytest.raises(ApiError) as refused:
        client.edits(rows)
    assert refused.value.status == 404
    assert [error["field"].partition(":")[0] for error in refused.value.errors] == [
        f"row {n}" for n in range(2, 7)
    ]
    assert content.digest(filled) == before
    url = f"{client.url}{API}/edits"
    for body, kind, status in [
        (b"{}", "application/json", 422),
        (b"[", "application/json", 422),
        (b"[]", "application/json", 422),
        (b"[" * 500 + b"]" * 500, "application/json", 422),
        (b"[" * 100_000, "application/json", 422),
        (b'[{"action": "edit", "id": "c1", "weight": NaN}]', "application/json", 422),
        (b'[{"action": "edit", "id": "\\ud800", "weight": 0.1}]', "application/json", 422),
        (b"[" + b"1" * 4000 + b"]", "application/json", 422),
        (b"action,id,weight\nedit,c1,nan\n", "text/csv", 422),
        (b"\0", "text/csv", 422),
        (b"a,b\n1,2\n", "text/csv", 422),
        (b"", "image/png", 415),
    ]:
        answer = httpx2.post(url, content=body, headers={"content-type": kind})
        assert answer.status_code == status, body


def test_an_editor_reviews_nothing_by_a_table(people: dict[str, Client]) -> None:
    rows = [{"action": "accept", "id": "c1"}]
    seen = people["ed"].edits(rows, dry_run=True)
    assert [one["code"] for one in seen["problems"]] == ["forbidden"]
    with pytest.raises(ApiError) as refused:
        people["ed"].edits(rows)
    assert refused.value.status == 403


def test_history_differences_and_undo(client: Client, filled: Store) -> None:
    start = content.digest(filled)
    before = int(client.revisions(limit=1).loc[0, "seq"])
    stated = {"rationale": "r", "citation": DOI}
    one = client.add_claim("tiny:20", MOTION, weight=0.4, **stated)
    client.edit_claim(one, weight=0.3)
    found = client.revisions(region="tiny:20", by="local")
    last = int(found.loc[0, "seq"])
    assert list(found["action"])[:2] == ["edit", "add claim"]
    assert client.revisions(region="tiny:20", until="2000-01-01").empty
    assert client.revisions(model="no such model").empty
    entry = client.revision(last)
    assert entry["changes"][0]["fields"]["weight"] == [0.4, 0.3]
    differing = client.differences(before, last)
    assert f"claim:{one['id']}" in set(differing["record"])
    assert list(differing.loc[differing["id"] == one["id"], "change"]) == ["created"]
    with pytest.raises(ApiError) as later:
        client.undo(last - 1)
    assert later.value.status == 409
    assert str(last) in later.value.detail
    undone = client.undo(last, reason="was right before")
    assert undone == {"seq": last + 1, "undone": last}
    assert client.claim(one["id"]) == one
    client.undo(last - 1)
    assert content.digest(filled) == start
    with pytest.raises(ApiError) as gone:
        client.claim(one["id"])
    assert gone.value.status == 404
    for wrong in (0, 10_000_000):
        with pytest.raises(ApiError) as unknown:
            client.revision(wrong)
        assert unknown.value.status == 404


def test_an_editor_undoes_only_their_own(people: dict[str, Client]) -> None:
    stated = {"weight": 0.4, "rationale": "r", "citation": DOI}
    people["rita"].add_claim("tiny:21", MOTION, **stated)
    theirs = int(people["vera"].revisions(limit=1).loc[0, "seq"])
    with pytest.raises(ApiError) as refused:
        people["ed"].undo(theirs)
    assert refused.value.status == 403
    people["ed"].add_claim("tiny:22", MOTION, **stated)
    own = int(people["vera"].revisions(limit=1).loc[0, "seq"])
    assert people["ed"].undo(own)["undone"] == own
    assert people["ron"].undo(theirs)["undone"] == theirs


def test_an_id_may_hold_anything(client: Client) -> None:
    for id in ("a/b", "a/comments/b", "../../x", "<b>", "' OR 1=1", "é"):
        found = httpx2.get(f"{client.url}{API}/claims/{quote(id, safe='')}")
        assert found.status_code == 404
        assert found.json()["errors"][0]["found"] == id
