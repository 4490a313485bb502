"""Published files brought into the graph and the store, in one revision each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from atlas.errors import Conflict, InvalidInput, NeuroweaveError, NotFound
from atlas.model import Area
from composer import upkeep
from composer.checkpoints import CheckpointStore
from graph import areas, checkpoints, datasets, library, models, revisions
from graph.store import Store
from jobs.foreign import Stated, import_foreign
from jobs.measure import record_measured
from tests.composer.test_foreign import FILES, WEIGHTS, file, needs_weights
from tests.conftest import empty

pytestmark = [pytest.mark.server, needs_weights]

FASTESTDET = WEIGHTS / "vision/detection/fastestdet/FastestDet.onnx"
AREAS = ("visual", "visual.shape", "auditory", "auditory.speech", "auditory.tone", "emotion")


@pytest.fixture
def filled(embedded_store: Store) -> Store:
    empty(embedded_store)
    areas.put(embedded_store, [Area(id, id, (), "") for id in AREAS], by="t")
    return embedded_store


def seq(store: Store) -> int:
    return int(revisions.list_revisions(store, limit=1)[0][0]["seq"])


@pytest.mark.parametrize(
    ("format", "name", "kind", "value"),
    [
        ("cifar-resnet", "resnet20", "branch", 0.9173),
        ("honk-keywords", "res8", "branch", None),
        ("multibench-lenet", "image", "branch", None),
        ("multibench-lenet", "audio", "network", None),
        ("face-emotion", "face", "branch", 0.66),
        ("speech-emotion", "speech", "branch", 0.70),
    ],
)
def test_a_file_becomes_two_records_in_one_revision(
    filled: Store, tmp_path: Path, format: str, name: str, kind: str, value: float | None
) -> None:
    before = seq(filled)
    done = import_foreign(filled, tmp_path, format, file(name), by="ann")
    assert (done["kind"], done["value"]) == (kind, value)
    assert seq(filled) == before + 1
    row = checkpoints.get(filled, done["sha256"])
    assert row["model"] == done["model"]
    assert row["hyper"]["not_measured"]
    assert (row["licence"] or "")[:3] in ("BSD", "MIT")
    assert ("cannot be composed" in done["notes"]) == (kind == "network")
    model = models.get(filled, done["model"])
    assert isinstance(model["inputs"]["recipe"], dict) == (kind == "branch")
    store = CheckpointStore.at(tmp_path)
    assert store.metadata(row["sha256"])["kind"] == kind
    assert upkeep.check(store, library.kept(filled), lambda _, __: None) == []
    assert import_foreign(filled, tmp_path, format, file(name), by="ben") == done
    assert seq(filled) == before + 1


def test_onnx_is_listed_linked_checked_and_kept_like_the_others(
    filled: Store, tmp_path: Path
) -> None:
    done = import_foreign(filled, tmp_path, "onnx", FASTESTDET, by="ann")
    (row,) = library.found(filled, library.Search(area="visual", trained=True))
    assert (row["sha256"], row["dataset"], row["value"]) == (done["sha256"], "coco", 0.253)
    assert row["parameters"] == 240_443
    store = CheckpointStore.at(tmp_path)
    assert upkeep.check(store, library.kept(filled), lambda _, __: None) == []
    assert upkeep.loose(store, library.kept(filled), grace_s=-1) == []
    moved = Stated(areas=("emotion",))
    import_foreign(filled, tmp_path, "onnx", FASTESTDET, by="ann", stated=moved)
    assert models.get(filled, done["model"])["areas"] == ["emotion"]
    import_foreign(filled, tmp_path, "onnx", FASTESTDET, by="ann")
    assert models.get(filled, done["model"])["areas"] == ["emotion"]  # what people said stays


def test_what_was_measured_or_edited_stays_when_the_file_comes_again(
    filled: Store, tmp_path: Path
) -> None:
    done = import_foreign(filled, tmp_path, "honk-keywords", file("res8"), by="ann")
    record_measured(
        filled, done["sha256"], {"metric": "probe", "value": 0.5, "dataset": "d"}, by="ann"
    )
    before = checkpoints.get(filled, done["sha256"])
    import_foreign(filled, tmp_path, "honk-keywords", file("res8"), by="ben")
    assert checkpoints.get(filled, done["sha256"]) == before
    with pytest.raises(Conflict, match=r"dataset: found 'mine', expected .*models edit"):
        import_foreign(
            filled, tmp_path, "honk-keywords", file("res8"), by="ben", stated=Stated((), "mine")
        )
    assert checkpoints.get(filled, done["sha256"]) == before
    kept = CheckpointStore.at(tmp_path)
    kept.path(done["sha256"]).unlink()
    with pytest.raises(Conflict):
        import_foreign(
            filled, tmp_path, "honk-keywords", file("res8"), by="ben", stated=Stated((), "mine")
        )
    assert (kept.list(), kept.strays()) == ([], [])
    import_foreign(filled, tmp_path, "honk-keywords", file("res8"), by="ben")
    assert kept.list() == [done["sha256"]]
    assert "mine" not in {row["id"] for row in datasets.list_datasets(filled)}


def test_another_structure_of_the_same_name_is_refused(filled: Store, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for name, depth in (("resnet20", 20), ("resnet56", 56)):
        (folder / f"{depth}").mkdir()
        (folder / f"{depth}/net.th").write_bytes(file(name).read_bytes())
    done = import_foreign(filled, tmp_path, "cifar-resnet", folder / "20/net.th", by="ann")
    with pytest.raises(Conflict, match="model net: parameters: found 853018, expected 269722"):
        import_foreign(filled, tmp_path, "cifar-resnet", folder / "56/net.th", by="ann")
    assert CheckpointStore.at(tmp_path).list() == [done["sha256"]]
    assert models.get(filled, "net")["parameters"] == 269_722


def test_an_onnx_file_that_nobody_knows_has_to_be_described(filled: Store, tmp_path: Path) -> None:
    path = tmp_path / "mine.onnx"
    path.write_bytes(FASTESTDET.read_bytes() + b"\x32\x02hi")  # another text beside the graph
    with pytest.raises(InvalidInput, match="area: found nothing, expected --area"):
        import_foreign(filled, tmp_path, "onnx", path, by="ann")
    with pytest.raises(InvalidInput, match="dataset: found nothing"):
        import_foreign(filled, tmp_path, "onnx", path, by="ann", stated=Stated(("visual",)))
    stated = Stated(("visual",), "My pictures")
    done = import_foreign(filled, tmp_path, "onnx", path, by="ann", stated=stated)
    assert (done["kind"], "--recipe" in done["notes"]) == ("network", True)
    recipe = {"modality": "image", "height": 352, "width": 352, "white": 255.0}
    for wrong, why in (("{", "Expecting"), (json.dumps(recipe), r"found \(1, 352, 352\)")):
        with pytest.raises(InvalidInput, match=f"recipe: .*{why}"):
            import_foreign(
                filled, tmp_path, "onnx", path, by="ann", stated=Stated(("visual",), "P", wrong)
            )
    colour = {"mean": [0, 0, 0], "std": [1, 1, 1], "order": "bgr"}
    right = Stated(("visual",), "My pictures", json.dumps(recipe | {"colour": colour}))
    done = import_foreign(filled, tmp_path, "onnx", path, by="ann", stated=right)
    assert done["kind"] == "branch"


@pytest.mark.parametrize(
    ("format", "path", "error"),
    [
        ("caffe", FILES["face"], NotFound),
        ("cifar-resnet", FILES["face"], InvalidInput),
        ("onnx", FILES["res8"], InvalidInput),
        ("face-emotion", "nothing.h5", NotFound),
    ],
)
def test_what_is_refused_leaves_nothing(
    filled: Store, tmp_path: Path, format: str, path: str, error: type[NeuroweaveError]
) -> None:
    before = seq(filled)
    with pytest.raises(error):
        import_foreign(filled, tmp_path, format, WEIGHTS / path, by="ann")
    stated = Stated(areas=("nowhere",))
    with pytest.raises(InvalidInput, match="area: found nowhere"):
        import_foreign(filled, tmp_path, "honk-keywords", file("res8"), by="ann", stated=stated)
    assert seq(filled) == before
    assert CheckpointStore.at(tmp_path).list() == []
    assert datasets.list_datasets(filled) == []
