"""The library in the graph: typed in, found by any column, counted, taken away."""

from __future__ import annotations

from pathlib import Path

import pytest

from atlas.errors import Conflict, InvalidInput, NotFound
from atlas.model import Area
from graph import areas, checkpoints, history, library, models, revisions
from graph.checkpoint_edits import edit
from graph.checkpoints import CheckpointRecord
from graph.gone import Gone
from graph.library import Search
from graph.store import Store
from graph.typed_models import Weights, add, number_of_parameters, read_table, share
from graph.vocabulary import Request, rename
from tests.conftest import empty

ROW = {
    "name": "ResNet18",
    "areas": "image, action",
    "functions": "detection, classification",
    "category": "ResNet",
    "dataset": "CIFAR10",
    "size": "2M",
    "accuracy": "96 %",
    "optimizer": "SGD",
    "platform": "PyTorch",
}
OTHER = {"name": "Ear", "areas": "auditory", "size": "10k", "category": "GRU"}
HEADER = ",".join(ROW)


@pytest.fixture
def filled(embedded_store: Store) -> Store:
    empty(embedded_store)
    areas.put(
        embedded_store,
        [Area("visual", "Visual area", (), "image"), Area("auditory", "Hearing", (), "audio")],
        by="t",
    )
    add(embedded_store, [ROW, OTHER], by="ann", new_areas=True)
    return embedded_store


def latest(store: Store) -> int:
    return int(revisions.list_revisions(store, limit=1)[0][0]["seq"])


@pytest.mark.server
def test_what_is_typed_is_one_revision_that_can_be_undone(filled: Store) -> None:
    before = latest(filled)
    stated = {"name": "VGG", "areas": "sport", "dataset": "Pets", "accuracy": "80 %"}
    add(filled, [stated], by="ben", reason="typed", new_areas=True)
    assert latest(filled) == before + 1
    add(filled, [stated], by="ben", reason="again", new_areas=True)
    assert latest(filled) == before + 1
    history.undo(filled, before + 1, by="ben")
    assert library.table(filled, Search(name="VGG"))[0] == []
    assert "sport" not in {row["id"] for row in areas.list_areas(filled)}
    with pytest.raises(NotFound, match="checkpoint derived_from"):
        add(filled, [{**ROW, "name": "New", "derived_from": "f" * 64}], by="ben")
    assert latest(filled) == before + 2  # nothing half-written
    assert library.table(filled, Search(name="New"))[0] == []


@pytest.mark.server
def test_the_papers_row_is_typed_in_and_found_by_every_column(filled: Store) -> None:
    rows, following = library.table(filled, Search(trained=True))
    assert following is None
    (row,) = rows
    assert row["name"] == "ResNet18"
    assert row["areas"] == ["action", "visual"]
    assert row["functions"] == ["detection", "classification"]
    assert (row["category"], row["dataset"], row["parameters"]) == ("ResNet", "cifar10", 2_000_000)
    assert (row["metric"], row["value"]) == ("accuracy", 0.96)
    assert (row["optimizer"], row["platform"], row["bytes"]) == ("SGD", "PyTorch", 0)
    for search in (
        Search(name="resnet"),
        Search(area="action"),
        Search(area="Visual area"),
        Search(area="image"),
        Search(function="detect"),
        Search(category="RESNET"),
        Search(dataset="cifar"),
        Search(dataset="CIFAR10"),
        Search(optimizer="sgd"),
        Search(platform="pytorch"),
        Search(metric="accuracy", least=0.96),
        Search(text="classification", most=2_000_000),
        Search(text="cifar10"),
        Search(model="resnet18"),
    ):
        assert library.table(filled, search)[0] == rows
    for search in (
        Search(name="vgg"),
        Search(least=0.97),
        Search(most=9),
        Search(area="auditory", trained=True),
    ):
        assert library.table(filled, search)[0] == []
    rename(filled, "area", "action", "motion", Request(by="t"))
    for area in ("action", "motion"):
        assert [row["name"] for row in library.table(filled, Search(area=area))[0]] == ["ResNet18"]
    both, following = library.table(filled, limit=1)
    assert [one["id"] for one in both] == ["ear"]
    assert following is not None
    rows[0]["areas"] = ["motion", "visual"]
    assert library.table(filled, after=following)[0] == rows


@pytest.mark.server
def test_statistics_count_models_areas_sizes_and_accuracies(filled: Store) -> None:
    found = library.statistics(filled)
    assert (found["models"], found["checkpoints"]) == (2, 1)
    assert found["total_parameters"] == 2_000_000
    assert found["areas"] == {"action": 1, "auditory": 1, "visual": 1}
    assert found["optimizer"] == {"SGD": 1}
    sizes = {(one["from"], one["to"]): one["count"] for one in found["parameters"]}
    assert sizes[1e4, 1e5] == sizes[1e6, 1e7] == 1
    assert sum(sizes.values()) == 2
    assert [one["from"] for one in found["accuracy"] if one["count"]] == [0.95]


@pytest.mark.server
def test_typing_the_same_again_changes_nothing_and_another_structure_is_refused(
    filled: Store,
) -> None:
    before = library.table(filled)
    again = add(filled, [ROW], by="ann")
    assert (again.models, again.known) == ((), ("resnet18",))
    assert library.table(filled) == before
    with pytest.raises(Conflict, match=r"model resnet18: parameters: found 3000000"):
        add(filled, [ROW | {"size": "3M"}], by="ann")
    with pytest.raises(NotFound, match=r"areas: found smell, expected action, auditory, visual"):
        add(filled, [ROW | {"name": "Nose", "areas": "smell"}], by="ann")
    twice = [OTHER | {"name": "New", "size": "1k"}, OTHER | {"name": "New", "size": "2k"}]
    with pytest.raises(Conflict, match="the same cells"):
        add(filled, twice, by="ann")
    assert library.table(filled) == before


@pytest.mark.server
def test_a_row_that_cannot_be_kept_whole_is_refused(filled: Store) -> None:
    before = library.table(filled)
    fine = {"name": "Fine", "areas": "visual"}
    for cells, message in (
        ({"name": "///"}, "row 2: name: found '///', expected a name with a letter"),
        ({"accuracy": "90 %", "platform": "Keras"}, "row 2: dataset: .*for accuracy, platform"),
        ({"derived_from": "f" * 64}, "row 2: dataset: .*for derived_from"),
        ({"size": "huge"}, "row 2: size: found 'huge'"),
        ({"dataset": "Pets", "accuracy": "96"}, "row 2: accuracy: found '96'"),
    ):
        with pytest.raises(InvalidInput, match=message):
            add(filled, [fine, OTHER | {"name": "New"} | cells], by="ann")
    assert library.table(filled) == before
    add(filled, [fine | {"metric": "mAP"}], by="ann")
    assert models.get(filled, "fine")["metrics"] == ["mAP"]


@pytest.mark.server
def test_a_data_set_is_found_by_the_name_it_was_typed_with(filled: Store) -> None:
    add(filled, [{"name": "Res8", "areas": "auditory", "dataset": "Speech Commands"}], by="ann")
    for text in ("Speech Commands", "speech com", "commands"):
        rows, _ = library.table(filled, Search(dataset=text))
        assert [row["id"] for row in rows] == ["res8"], text


@pytest.mark.server
def test_no_weights_descend_from_themselves(filled: Store) -> None:
    def record(sha256: str, parent: str | None) -> CheckpointRecord:
        return CheckpointRecord(
            sha256, "resnet18", "cifar10", "", "", "accuracy", None, 1, derived_from=parent
        )

    one, two, three = ("1" * 64, "2" * 64, "3" * 64)
    checkpoints.put(filled, [record(one, None), record(two, one), record(three, two)], by="ann")
    for child, parent in ((one, one), (one, three), (two, three)):
        with pytest.raises(InvalidInput, match=f"derived_from: found {child}, expected weights"):
            checkpoints.put(filled, record(child, parent), by="ann")
    fresh = ("4" * 64, "5" * 64)
    with pytest.raises(InvalidInput, match="derived_from"):
        checkpoints.put(filled, [record(*fresh), record(*reversed(fresh))], by="ann")
    checkpoints.put(filled, [record(two, None), record(three, one)], by="ann")
    assert checkpoints.get(filled, three)["derived_from"] == one


@pytest.mark.server
def test_what_is_recorded_of_weights_is_edited_and_not_imported_over(filled: Store) -> None:
    weights = Weights("7" * 64, 10, 2_000_000, "resnet")
    add(filled, [ROW], by="ann", weights=weights)
    before = checkpoints.get(filled, weights.sha256)
    again = {**ROW, "accuracy": "97 %", "licence": "MIT"}
    with pytest.raises(Conflict, match=r"value, licence: found 0.97, 'MIT', expected 0.96, None"):
        add(filled, [again], by="ben", weights=weights)
    assert checkpoints.get(filled, weights.sha256) == before
    said = {"value": "0.97", "licence": "MIT", "optimizer": ""}
    with pytest.raises(history.Stale):
        edit(filled, weights.sha256, said, by="ben", expected="5f")
    done = edit(filled, weights.sha256, said, by="ben", expected=before["digest"], reason="why")
    fresh = {"value": 0.97, "licence": "MIT", "optimizer": ""}
    assert done == before | fresh | {"digest": done["digest"]}
    assert latest(filled) == history.of(filled, record=("checkpoint", "7" * 64))[0][0]["seq"]
    add(filled, [again | {"optimizer": ""}], by="ben", weights=weights)
    assert edit(filled, weights.sha256, said, by="ben") == done  # nothing differs
    history.undo(filled, latest(filled), by="ann")
    assert checkpoints.get(filled, weights.sha256) == before
    for wrong in ({"bytes": 1}, {"value": "high"}, {"metric": ""}, {"licence": "\x00"}):
        with pytest.raises(InvalidInput, match=next(iter(wrong))):
            edit(filled, weights.sha256, wrong, by="ben")
    with pytest.raises(NotFound, match="derived_from"):
        edit(filled, weights.sha256, {"derived_from": "8" * 64}, by="ben")


@pytest.mark.server
def test_what_is_referred_to_stays_and_what_is_gone_is_said_to_be(filled: Store) -> None:
    sha256 = library.table(filled, Search(trained=True))[0][0]["sha256"]
    assert list(library.kept(filled)) == [sha256]
    with pytest.raises(Conflict, match=f"found Checkpoint {sha256}"):
        library.withdraw(filled, "model", "resnet18", by="ann")
    seq = library.withdraw(filled, "checkpoint", sha256, by="ann")
    with pytest.raises(Gone, match="which was withdrawn"):
        checkpoints.get(filled, sha256)
    with pytest.raises(Gone):
        library.withdraw(filled, "checkpoint", sha256, by="ann")
    with pytest.raises(NotFound) as unknown:
        checkpoints.get(filled, "0" * 64)
    assert unknown.value.status == 404
    assert library.kept(filled) == {}
    gone = library.withdraw(filled, "model", "resnet18", by="ann")
    with pytest.raises(Gone):
        models.get(filled, "resnet18")
    history.undo(filled, gone, by="ann")
    history.undo(filled, seq, by="ann")
    assert checkpoints.get(filled, sha256)["model"] == "resnet18"
    assert models.get(filled, "resnet18")["metrics"] == ["accuracy"]


def test_tables_are_read_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "models.csv"
    path.write_text(f'{HEADER}\nA,"visual, action",f,C,D,1k,0.5,SGD,PyTorch\n')
    (row,) = read_table(path)
    assert row["areas"] == "visual, action"
    for text, message in (
        ("name,colour\nA,red\n", "columns: found colour"),
        ("name,areas\nA\n", "line 2: .*2 cells"),
        ("name,areas\nA,b,c\n", "line 2: .*2 cells"),
        ("name,areas\n", "models.csv: found no rows"),
    ):
        path.write_text(text)
        with pytest.raises(InvalidInput, match=message):
            read_table(path)
    path.write_bytes(b"name\n\xff\n")
    with pytest.raises(InvalidInput, match="UTF-8"):
        read_table(path)
    with pytest.raises(NotFound, match="CSV"):
        read_table(tmp_path / "none.csv")


@pytest.mark.parametrize("text", ["", "many", "-2M", "2T", "1e6", "2M2"])
def test_no_size(text: str) -> None:
    with pytest.raises(InvalidInput, match="size"):
        number_of_parameters(text)


@pytest.mark.parametrize("text", ["96", "", "good", "-0.5", "101 %", "nan"])
def test_no_accuracy(text: str) -> None:
    with pytest.raises(InvalidInput, match="accuracy"):
        share(text)
