"""The vocabulary through the client, against a real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graph.store import Store
from neuroweave import Client
from neuroweave.client import StaleEdit
from tests.api import world
from tests.conftest import empty

pytestmark = pytest.mark.server


@pytest.fixture
def client(embedded_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    empty(embedded_store)
    world.fill(embedded_store)
    settings = world.config(tmp_path_factory.mktemp("vocabulary"))
    with (
        world.opened(embedded_store, settings) as context,
        world.serving(context) as served,
        Client(served.url) as client,
    ):
        yield client


def test_the_vocabulary_is_changed_and_taken_back(client: Client) -> None:
    read = client.entry("function", "perception.vision")
    plan = client.rename_entry("function", "perception.vision", "perception.sight", dry_run=True)
    assert (plan["seq"], plan["follow"]) == (None, {"area": 2, "claim": 2, "model": 1})
    with pytest.raises(ValueError, match="which state this changes"):
        client.rename_entry("function", "perception.vision", "perception.sight")
    edited = client.edit_entry("function", read, definition="seeing", reason="shorter")
    with pytest.raises(StaleEdit) as stale:
        client.rename_entry("function", read, "perception.sight")
    assert stale.value.current == edited
    done = client.rename_entry("function", edited, "perception.sight", reason="as others say")
    assert done["follow"] == plan["follow"]
    assert client.entry("function", "perception.vision")["replaced_by"] == ["perception.sight"]
    assert set(client.claims(function=world.MOTION)["function"]) == {"perception.sight.motion"}
    client.undo(done["seq"])
    assert client.entry("function", "perception.vision")["digest"] == edited["digest"]

    parts = ["perception.a", "perception.b"]
    split = client.split_entry(
        "function", world.HEARING, parts, table={"c3": "perception.a"}, expected="*"
    )
    assert split["becomes"] == {world.HEARING: parts}
    first = client.entry("function", "perception.a")
    merged = client.merge_entries("function", [first, "perception.b"], "perception.c", name="c")
    assert client.entry("function", "perception.c")["name"] == "c"
    for seq in (merged["seq"], split["seq"]):
        client.undo(seq)
    assert client.entry("function", world.HEARING)["status"] == "active"

    word = client.add_entry("category", "CNN", definition="of convolutions")
    assert client.edit_entry("category", word, aliases=["convnet"])["aliases"] == ["convnet"]
    client.merge_entries("category", ["CNN"], "convnet", expected="*", dry_run=True)
    renamed = client.rename_entry("category", client.entry("category", "CNN"), "convnet")
    assert renamed["becomes"] == {"category:CNN": ["category:convnet"]}
    words = client.words("category").set_index("name")
    assert set(words.index) == {"convnet", "convolutional"}
    assert set(client.dictionaries()["id"]) == {"category", "optimizer", "platform"}

    made = client.add_entry("dataset", "d1", name="Digits", labels=["0", "1"], reason="new")
    listed = client.entry("dataset", "d1")
    assert (listed["digest"], listed["labels"]) == (made["digest"], ["0", "1"])
    gone = client.deprecate_entry("dataset", listed)
    assert list(client.datasets()["status"]) == ["deprecated"]
    client.undo(gone["seq"])
    area = client.add_entry("area", "auditory.pitch", realizes=[world.HEARING])
    assert client.deprecate_entry("area", area, dry_run=True)["problems"] == []
    with pytest.raises(ValueError, match="expected one of function, area"):
        client.entry("colour", "red")
