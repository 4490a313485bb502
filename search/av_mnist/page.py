"""The page of the report: the paper's Tables 6, 7 and 8 beside ours, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import mean, stdev

from search.av_mnist.cells import (
    MODALITIES,
    NETS,
    NOISY,
    PAIRS,
    PAPER,
    SLOTS,
    Cell,
    Scale,
    branch_name,
    fusion_name,
)
from search.av_mnist.structure import table_6

TABLE_7 = {
    ("image", "lenet3"): (52.52, 0.24), ("audio", "lenet3"): (67.86, 1.49),
    ("image", "lenet5"): (54.17, 0.58), ("audio", "lenet5"): (95.50, 0.23),
    ("image", "mediumnet"): (53.63, 0.16), ("audio", "mediumnet"): (97.14, 0.14),
    ("image", "sparsenet"): (26.44, 2.24), ("audio", "sparsenet"): (48.36, 6.52),
}  # fmt: skip
"""The paper's networks alone, accuracy in per cent on the test split and its deviation."""

TABLE_8 = {
    ("lenet3", "lenet5"): 95.45, ("lenet3", "sparsenet"): 68.60, ("lenet3", "mediumnet"): 52.18,
    ("lenet5", "lenet3"): 73.83, ("lenet5", "sparsenet"): 69.98, ("lenet5", "mediumnet"): 54.06,
    ("sparsenet", "lenet3"): 63.52, ("sparsenet", "lenet5"): 93.11,
    ("sparsenet", "mediumnet"): 47.35, ("mediumnet", "lenet3"): 74.40,
    ("mediumnet", "lenet5"): 93.86, ("mediumnet", "sparsenet"): 62.03,
}  # fmt: skip
"""The paper's fused networks, picture × sound, accuracy in per cent on the test split."""

TITLE = {"lenet3": "LeNet3", "lenet5": "LeNet5", "mediumnet": "MediumNet", "sparsenet": "SparseNet"}
TRIVIAL = ("best_single", "sum_log_prob", "late_concat", "stacking")
COLUMNS = {
    "best_single": "best single",
    "sum_log_prob": "sum of log-probabilities",
    "late_concat": "late concatenation",
    "stacking": "stacking",
    "searched": "searched",
    "result": "kept",
}
NONE = "—"

Cells = Mapping[str, Cell]


def page(cells: Cells, scale: Scale, contents: Mapping[str, str]) -> str:
    """The report on what has been measured; what has not is shown as a dash.

    Args:
        cells: by name, as :class:`search.av_mnist.cells.Measurement` keeps them.
        scale: how large the measurement was.
        contents: setting → digest of its data.
    """
    seeds = sorted({int(name.split("-")[1]) for name in cells})
    parts = [
        _head(cells, scale, contents, seeds),
        "## Table 6: structures\n\n" + table_6(),
        "## Table 7: networks alone\n\n" + _table_7(cells, seeds),
    ]
    for setting in (PAPER, NOISY):
        parts.append(
            f"## Table 8: fused, {_titled(setting, scale)}\n\n"
            + _table_8(cells, seeds, setting) + "\n\n" + _verdict(cells, seeds, setting)
        )  # fmt: skip
    parts.append("## A modality is missing at prediction\n\n" + _missing(cells, seeds))
    return "\n\n".join(parts) + "\n"


def _head(cells: Cells, scale: Scale, contents: Mapping[str, str], seeds: Sequence[int]) -> str:
    wanted = len(seeds) * 2 * (len(NETS) * len(MODALITIES) + len(PAIRS))
    sizes = [scale.train, scale.validation, scale.test]
    shown = " / ".join("all" if size is None else f"{size:,}" for size in sizes)
    whole = scale.train is None and len(seeds) >= 3
    label = "" if whole else (
        "**This is a small version.** With fewer samples, epochs and candidates the networks are "
        "below what they reach on all 55,000, some of them far: hold the columns against each "
        "other, not against the paper's.\n\n"
    )  # fmt: skip
    lines = [
        "# AV-MNIST: the paper's tables beside ours",
        "Written by `neuroweave datasets report av-mnist`; the guide is "
        "[audio-visual](../guides/audio-visual.md). Accuracy on the test split in per cent, mean "
        "± standard deviation over seeds.",
        label + f"- samples (training / validation / test): {shown}\n"
        f"- seeds of all trainings and searches: {_searched(cells, seeds, PAPER)} in the paper's "
        f"setting, {_searched(cells, seeds, NOISY)} in the noisy one; cells measured: "
        f"{len(cells)} of {wanted}\n"
        f"- at most {scale.epochs} epochs for each network; searches by `{scale.sampler}`, "
        f"{scale.trials} candidates each\n"
        f"- data: 3 picture components, split by takes, log power; noise × 0.009 in the paper's "
        f"setting, × {scale.noise:g} in the noisy one\n"
        + "\n".join(f"- content, {name}: `{digest[:16]}`" for name, digest in contents.items()),
    ]
    return "\n\n".join(lines)


def _searched(cells: Cells, seeds: Sequence[int], setting: str) -> int:
    """Number of seeds with which something was fused."""
    return sum(any(fusion_name(setting, seed, *pair) in cells for pair in PAIRS) for seed in seeds)


def _titled(setting: str, scale: Scale) -> str:
    return "the paper's setting" if setting == PAPER else f"noise × {scale.noise:g}"


def _table_7(cells: Cells, seeds: Sequence[int]) -> str:
    rows = []
    for (modality, net), (value, spread) in TABLE_7.items():
        own = [
            _spread(
                cells[name]["test"]
                for seed in seeds
                if (name := branch_name(setting, seed, modality, net)) in cells
            )
            for setting in (PAPER, NOISY)
        ]
        rows.append([modality, TITLE[net], f"{value:.2f} ± {spread:.2f}", *own])
    return _markdown(["modality", "network", "paper", "ours", "ours, noisy"], rows)


def _table_8(cells: Cells, seeds: Sequence[int], setting: str) -> str:
    rows = []
    for image, audio in PAIRS:
        found = _of_pair(cells, seeds, setting, image, audio)
        own = [_spread(cell["test"][column] for cell in found) for column in COLUMNS]
        said = [f"{TABLE_8[image, audio]:.2f}"] * (setting == PAPER)
        rows.append([f"{TITLE[image]} × {TITLE[audio]}", *said, *own])
    said = ["paper"] * (setting == PAPER)
    about = (
        "\n\nHeads of all columns are trained alike. The network kept is the committee of the "
        "search's best, at most five and trained anew, or the best trivial one where that is "
        "better on validation."
    )
    return _markdown(["picture × sound", *said, *COLUMNS.values()], rows) + about


def _verdict(cells: Cells, seeds: Sequence[int], setting: str) -> str:
    """What the table says, in words: where the search wins, and where it does not."""
    pairs = {pair: _of_pair(cells, seeds, setting, *pair) for pair in PAIRS}
    every = [cell for found in pairs.values() for cell in found]
    if not every:
        return "Nothing measured yet."
    below = sum(
        cell["validation"]["result"] < max(cell["validation"][name] for name in TRIVIAL)
        for cell in every
    )
    lines = [
        f"On validation the network kept is below the best trivial one in {below} of {len(every)} "
        "searches. On test, against the trivial network that validation would have chosen:",
        "\n".join(_compared(cells, seeds, setting, column) for column in ("searched", "result")),
        "(In the paper 7 of 12 are below their better part.)",
    ]
    return "\n\n".join(lines)


def _compared(cells: Cells, seeds: Sequence[int], setting: str, column: str) -> str:
    by_seed = [
        [
            _margin(cells[name], column)
            for pair in PAIRS
            if (name := fusion_name(setting, seed, *pair)) in cells
        ]
        for seed in seeds
    ]
    means = [100 * mean(one) for one in by_seed if one]
    gains = [gain for one in by_seed for gain in one]
    better, equal = sum(gain > 0 for gain in gains), gains.count(0.0)
    shown = f"{mean(means):+.2f}" + (f" ± {stdev(means):.2f}" if len(means) > 1 else "")
    return (
        f"- {COLUMNS[column]}: better in {better}, equal in {equal}, worse in "
        f"{len(gains) - better - equal}; on average {shown} points. {_said(means)}"
    )


def _said(margins: Sequence[float]) -> str:
    if len(margins) < 2:
        return "With one seed nothing can be said of the spread."
    if mean(margins) > stdev(margins):
        return "It wins by more than the standard deviation."
    return "**It does not win by more than the standard deviation.**"


def _margin(cell: Cell, column: str) -> float:
    """Test accuracy gained over the trivial network that is best on validation."""
    best = max(TRIVIAL, key=lambda name: float(cell["validation"][name]))
    return float(cell["test"][column]) - float(cell["test"][best])


def _missing(cells: Cells, seeds: Sequence[int]) -> str:
    about = (
        "The kept network of each pair with both modalities, and given only one: the branch that "
        "is there then answers with its own classifier. Chance is 10.\n\n"
    )
    rows = []
    for setting in (PAPER, NOISY):
        for pair in PAIRS:
            found = [
                cell
                for cell in _of_pair(cells, seeds, setting, *pair)
                if set(cell["missing"]) == set(SLOTS.values())
            ]
            own = [_spread(cell["test"]["result"] for cell in found)]
            own += [
                _spread(cell["missing"][SLOTS[kind]] for cell in found)
                for kind in reversed(MODALITIES)
            ]
            rows.append([setting, f"{TITLE[pair[0]]} × {TITLE[pair[1]]}", *own])
    return about + _markdown(["setting", "picture × sound", "both", "no picture", "no sound"], rows)


def _of_pair(
    cells: Cells, seeds: Sequence[int], setting: str, image: str, audio: str
) -> list[Cell]:
    names = [fusion_name(setting, seed, image, audio) for seed in seeds]
    return [cells[name] for name in names if name in cells]


def _spread(values: Iterable[float]) -> str:
    """Mean and sample standard deviation, from shares to per cent.

    >>> _spread([0.5, 0.52]), _spread([0.5]), _spread([])
    ('51.00 ± 1.41', '50.00', '—')
    """
    found = [100 * value for value in values]
    if not found:
        return NONE
    return f"{mean(found):.2f}" + (f" ± {stdev(found):.2f}" if len(found) > 1 else "")


def _markdown(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
