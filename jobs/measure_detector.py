"""How well a published detector finds people in a video that is at hand."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from atlas.errors import InvalidInput, NotFound
from atlas.progress import Progress
from graph.store import Store
from jobs.measure import record_measured

PEOPLE, CONSIDERED = 1, 1


def measure_detector(
    store: Store,
    home: Path,
    sha256: str,
    folder: Path,
    *,
    by: str,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Measure the average precision for people, and say so in the record of the weights.

    Args:
        store: the graph.
        home: where the weights lie.
        sha256: which.
        folder: a sequence as MOTChallenge publishes it: ``img1/*.jpg``, ``gt/gt.txt``. Pictures
            without boxes in it are not looked at.
        by: who measures.
        progress: called after each picture.

    Raises:
        NotFound: no such weights, or no such folder. InvalidInput: no detector that can be read.
    """
    from composer.branches import load_branch
    from composer.checkpoints import CheckpointStore
    from composer.detectors import DETECTORS, Boxes, average_precision, suppressed
    from composer.inputs import prepare
    from composer.onnx_network import OnnxNetwork

    weights = CheckpointStore.at(home)
    decode = DETECTORS.get(weights.metadata(sha256).get("source_sha256", "")[:16])
    branch = load_branch(weights, sha256)
    if decode is None or not isinstance(branch.network, OnnxNetwork):
        raise InvalidInput("weights", found=sha256[:12], expected="a published detector of people")
    boxes, digest = _boxes(folder)
    found: list[Boxes] = []
    truth: list[npt.NDArray[np.float32]] = []
    for number, (frame, wanted) in enumerate(boxes.items()):
        picture = _picture(folder, frame)
        height, width = picture.shape[1:3]
        said = branch.network.outputs(prepare(branch.input, picture))
        found.append(suppressed(decode(said, branch.network.input_shape[-1])))
        truth.append((wanted / (width, height, width, height)).astype(np.float32))
        if progress is not None:
            progress(f"picture {frame}", (number + 1) / len(boxes))
    measured = {
        "metric": "AP50 of people",
        "value": round(average_precision(found, truth), 6),
        "how": "every picture with boxes, as the recipe prepares it; overlap of one half",
        "dataset": folder.name,
        "digest": digest,
        "samples": len(boxes),
    }
    record_measured(store, sha256, measured, by=by)
    return measured


def _boxes(folder: Path) -> tuple[dict[int, npt.NDArray[np.float32]], str]:
    """Left, top, right, bottom in pixels of the people in each frame, and the file's sha256."""
    path = folder / "gt" / "gt.txt"
    if not path.is_file():
        raise NotFound("frames", found=str(path), expected="gt/gt.txt and img1 in one folder")
    content = path.read_bytes()
    try:
        rows = np.array([line.split(b",") for line in content.split()], dtype=np.float32)
        people = rows[(rows[:, 6] == CONSIDERED) & (rows[:, 7] == PEOPLE)]
    except (ValueError, IndexError) as error:
        expected = "frame, id, left, top, width, height, flag, class, visibility"
        raise InvalidInput("gt.txt", found=str(error), expected=expected) from error
    corners = np.concatenate([people[:, 2:4], people[:, 2:4] + people[:, 4:6]], axis=1)
    frames = people[:, 0].astype(int)
    found = {int(frame): corners[frames == frame] for frame in np.unique(frames)}
    if not found:
        raise InvalidInput("gt.txt", found="no boxes", expected="boxes of people")
    return found, hashlib.sha256(content).hexdigest()


def _picture(folder: Path, frame: int) -> npt.NDArray[np.float32]:
    from PIL import Image

    path = folder / "img1" / f"{frame:06d}.jpg"
    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("RGB"), dtype=np.float32)[None]
    except OSError as error:
        raise NotFound("frames", found=str(error), expected=f"the picture {path.name}") from error
