"""Which samples train, validate and test: as given, or drawn so that groups stay together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from atlas.errors import InvalidInput
from training.data import SPLITS, Split, split_indices

Indices = npt.NDArray[np.intp]
SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}


def divided(
    classes: npt.NDArray[np.int64],
    split: Sequence[str] | None,
    group: Sequence[str] | None,
    *,
    seed: int,
) -> dict[Split, Indices]:
    """Indices of the three splits.

    A given split is taken, once no group is in two of them. Else three, one and one of five parts
    are drawn: whole groups where there are any, in each class by itself as far as that goes.

    Raises:
        InvalidInput: another name of a split, a split without samples, a group in two splits, or
            fewer than three groups.
    """
    if split is not None:
        parts = _given(split)
        if group is not None:
            _check_apart(parts, group)
    elif group is not None:
        parts = _grouped(classes, group, seed)
    else:
        parts = split_indices(classes, seed=seed)
    hint = "" if split is not None else "five of a class can be divided; or say the split of each"
    for name, rows in parts.items():
        if not len(rows):
            expected = "at least one"
            raise InvalidInput(f"split {name}", found="no samples", expected=expected, hint=hint)
    return parts


def _given(split: Sequence[str]) -> dict[Split, Indices]:
    if unknown := sorted(set(split) - set(SPLITS)):
        raise InvalidInput("split", found=repr(unknown[0])[:100], expected=" or ".join(SPLITS))
    named = np.asarray(split)
    return {name: np.flatnonzero(named == name) for name in SPLITS}


def _check_apart(parts: Mapping[Split, Indices], group: Sequence[str]) -> None:
    homes: dict[str, Split] = {}
    for name, rows in parts.items():
        for one in {group[row] for row in rows}:
            if homes.setdefault(one, name) != name:
                found = f"{one[:100]} in {homes[one]} and {name}"
                raise InvalidInput("group", found=found, expected="each in one split")


def _grouped(
    classes: npt.NDArray[np.int64], group: Sequence[str], seed: int
) -> dict[Split, Indices]:
    """Groups, the largest first, each where its classes are most wanting."""
    names, number = np.unique(np.asarray(group), return_inverse=True)
    if len(names) < len(SPLITS):
        raise InvalidInput("group", found=f"{len(names)} groups", expected="at least three")
    counts = np.zeros((len(names), int(classes.max()) + 1))
    np.add.at(counts, (number, classes), 1)
    shares = np.array([SHARES[name] for name in SPLITS])
    target = shares[:, None] * counts.sum(axis=0)
    order = np.random.default_rng([seed, 1]).permutation(len(names))
    order = order[np.argsort(-counts.sum(axis=1)[order], kind="stable")]
    home, have = np.zeros(len(names), np.int64), np.zeros_like(target)
    for place, one in enumerate(order):
        wanting = ((target - have) / np.maximum(target.sum(axis=0), 1)) @ counts[one]
        empty = have.sum(axis=1) == 0
        if empty.any() and len(order) - place <= empty.sum():
            wanting = np.where(empty, wanting, -np.inf)  # the last groups fill what is empty
        home[one] = int(wanting.argmax())
        have[home[one]] += counts[one]
    return {name: np.flatnonzero(home[number] == place) for place, name in enumerate(SPLITS)}
