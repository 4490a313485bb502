"""Published detectors measured on pictures with people, as their readme measured them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from atlas.errors import InvalidInput, NotFound
from atlas.model import Area
from composer.detectors import Boxes, average_precision, suppressed
from graph import areas, checkpoints
from graph.store import Store
from jobs.foreign import import_foreign
from jobs.measure_detector import measure_detector
from tests.composer.test_foreign import WEIGHTS, file, needs_weights
from tests.conftest import empty
from tests.data_dir import DATA

DETECTION = WEIGHTS / "vision/detection"
LAWN = DATA / "mot/frames/PETS09-S2L1-a"
needs_frames = pytest.mark.skipif(not LAWN.is_dir(), reason="NOT CHECKED: no frames beside this")

PUBLISHED = [
    ("fastestdet/FastestDet.onnx", 0.70),
    ("picodet_s/picodet_s_320_coco.onnx", 0.80),
    ("yolo_fastest_1_1/yolo-fastest-1.1.onnx", 0.59),
    ("yolo_fastest_1_1/yolo-fastest-1.1_body.onnx", 0.67),
    ("yolox_nano/yolox_nano.onnx", 0.84),
]


@pytest.fixture
def filled(embedded_store: Store) -> Store:
    empty(embedded_store)
    known = [Area(id, id, (), "") for id in ("visual", "visual.shape")]
    areas.put(embedded_store, known, by="t")
    return embedded_store


@pytest.mark.server
@pytest.mark.slow
@needs_weights
@needs_frames
@pytest.mark.parametrize(("path", "published"), PUBLISHED)
def test_the_readmes_precision_comes_out(
    filled: Store, tmp_path: Path, path: str, published: float
) -> None:
    done = import_foreign(filled, tmp_path, "onnx", DETECTION / path, by="t")
    found = measure_detector(filled, tmp_path, done["sha256"], LAWN, by="ann")
    assert found["value"] == pytest.approx(published, abs=0.04)
    assert (found["samples"], found["dataset"]) == (69, LAWN.name)
    row = checkpoints.get(filled, done["sha256"])
    assert row["hyper"] == {"measured": found}
    stated = done["value"] if done["value"] is not None else found["value"]
    assert row["value"] == stated


@pytest.mark.server
@needs_weights
def test_what_cannot_be_measured_is_said(filled: Store, tmp_path: Path) -> None:
    done = import_foreign(filled, tmp_path, "cifar-resnet", file("resnet20"), by="t")
    with pytest.raises(InvalidInput, match="a published detector of people"):
        measure_detector(filled, tmp_path, done["sha256"], LAWN, by="t")
    path = DETECTION / "fastestdet/FastestDet.onnx"
    detector = import_foreign(filled, tmp_path, "onnx", path, by="t")["sha256"]
    with pytest.raises(NotFound, match=r"gt\.txt"):
        measure_detector(filled, tmp_path, detector, tmp_path, by="t")
    (tmp_path / "gt").mkdir()
    for text, reason in (("1,2", "gt.txt"), ("a,b", "gt.txt"), ("1,1,1,1,1,1,0,1,1", "no boxes")):
        (tmp_path / "gt/gt.txt").write_text(text)
        with pytest.raises(InvalidInput, match=reason):
            measure_detector(filled, tmp_path, detector, tmp_path, by="t")
    (tmp_path / "gt/gt.txt").write_text("1,1,1,1,1,1,1,1,1")
    with pytest.raises(NotFound, match=r"000001\.jpg"):
        measure_detector(filled, tmp_path, detector, tmp_path, by="t")


def test_precision_by_hand() -> None:
    """Two people; of three boxes the second is nobody: 1 up to half of them, then 2 of 3."""
    truth = np.array([[0, 0, 0.1, 0.1], [0.5, 0.5, 0.6, 0.6]], dtype=np.float32)
    nobody = np.array([[0.8, 0.8, 0.9, 0.9]], dtype=np.float32)
    corners = np.concatenate([truth[:1], nobody, truth[1:]])
    found = Boxes(corners, np.array([0.9, 0.8, 0.7], np.float32))
    assert average_precision([found], [truth]) == pytest.approx((1 + 2 / 3) / 2)
    twice = Boxes(np.concatenate([corners, corners]), np.tile(found.scores, 2))
    assert suppressed(twice).corners.tolist() == corners.tolist()
