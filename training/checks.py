"""What a data set must be before anything is trained on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from atlas.errors import InvalidInput

if TYPE_CHECKING:
    from training.data import MultimodalData


def check(data: MultimodalData) -> None:
    """Refuse a data set that would train to nonsense, naming split and modality.

    The values of a data set whose content is known already were looked at when it was built, and
    are not read again: a large one lies in mapped files.

    Raises:
        InvalidInput: fewer than two classes; a modality that is missing, empty or of another
            length than the labels; class numbers without a name; classes to be told apart that
            the training split lacks; pictures of one pixel; NaN or infinite numbers.
    """
    if len(data.labels) < 2 or len(set(data.labels)) < len(data.labels):
        raise InvalidInput(
            f"{data.id}.labels", found=list(data.labels), expected="two different names or more"
        )
    learnt: set[int] = set()
    for name, samples in data.splits.items():
        for modality in data.inputs:
            where, raw = f"{data.id}.{name}.{modality}", samples.raw.get(modality)
            _check_modality(where, raw, samples.y)
            if raw is not None and not data.content:
                check_finite(where, raw)
        classes = set(np.unique(samples.y).tolist())
        learnt = learnt or classes
        where = f"{data.id}.{name}.labels"
        if min(classes) < 0 or max(classes) >= len(data.labels):
            expected = f"0 to {len(data.labels) - 1}, one for each name"
            raise InvalidInput(where, found=sorted(classes), expected=expected)
        if len(learnt) < 2:
            raise InvalidInput(where, found="one class", expected="samples of two or more")
        if unknown := sorted(classes - learnt):
            names = ", ".join(data.labels[i] for i in unknown)
            raise InvalidInput(where, found=names, expected="classes that the training split has")


def check_finite(where: str, raw: npt.NDArray[Any]) -> None:
    """Refuse samples in which some number is NaN or infinite.

    Raises:
        InvalidInput: ``where``, and in how many of the samples.

    >>> check_finite("mine.train.audio", np.array([[0.0, np.nan], [0.0, 1.0]]))
    Traceback (most recent call last):
    ...
    atlas.errors.InvalidInput: mine.train.audio: found NaN or infinite numbers in 1 of 2 samples, \
expected finite numbers
    """
    if raw.dtype.kind in "iub":
        return
    bad = sum(1 for sample in raw if not np.isfinite(sample).all())
    if bad:
        found = f"NaN or infinite numbers in {bad} of {len(raw)} samples"
        raise InvalidInput(where, found=found, expected="finite numbers")


def _check_modality(where: str, raw: npt.NDArray[Any] | None, y: npt.NDArray[Any]) -> None:
    found, wanted = () if raw is None else raw.shape, len(y)
    if not wanted:
        raise InvalidInput(where, found="no samples", expected="at least one")
    if not found or found[0] != wanted:
        number = found[0] if found else "no"
        expected = f"one for each of the {wanted} labels"
        raise InvalidInput(where, found=f"{number} samples", expected=expected)
    if 0 in found:
        what = "pictures without pixels" if where.endswith(".image") else "empty samples"
        raise InvalidInput(where, found=what, expected="samples that hold something")
    if where.endswith(".image") and max(found[1:3], default=1) < 2:
        raise InvalidInput(where, found="pictures of one pixel", expected="2 × 2 pixels or more")
