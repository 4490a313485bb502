"""Do the labels of the volume and the rows of the table belong together?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from atlas.checks.facts import Facts, title
from atlas.checks.report import Finding, Severity, found

_BACKGROUND = {"", "0", "background", "empty", "none", "nan", "unknown", "outside", "???", "clear"}


def check_labels(facts: Facts) -> Iterator[Finding]:
    """Labels, ids and raw voxel values."""
    yield from _regions(facts)
    yield from _ids(facts)
    yield from _voxels(facts)


def _regions(facts: Facts) -> Iterator[Finding]:
    volume = facts.candidate.volume
    if not facts.rows and (volume is None or not volume.counts):
        yield from found("error", "NO_REGIONS", ["nothing to look up"], "give a table or a volume")
    if volume is None:
        return
    counts = volume.counts
    unnamed = [
        f"{label} ({n} voxels)" for label, n in counts.items() if label not in facts.by_label
    ]
    hint = "is it the right table? a region needs a name, and every label is a region"
    yield from found("error", "UNNAMED_LABELS", unnamed, hint)
    empty = [title(row) for label, row in facts.by_label.items() if label not in counts]
    hint = "the table may be of a larger or finer atlas; these regions are left out"
    yield from found("warning", "NAMES_WITHOUT_VOXELS", empty, hint)


def _ids(facts: Facts) -> Iterator[Finding]:
    hint = "keep one row for each id: nobody can tell which name its voxels have"
    texts = Counter(row.id.strip() for row in facts.rows if row.label is None)
    twice = [*facts.repeated, *(text for text, n in texts.items() if n > 1)]
    yield from found("error", "DUPLICATE_IDS", twice, hint)
    odd = [repr(row.id) for row in facts.rows if row.label is None or row.label < 0]
    hint = "ids are the voxel values: whole numbers above 0"
    severity: Severity = "warning" if facts.candidate.volume is None else "error"
    yield from found(severity, "IDS_NOT_INTEGER", odd, hint)
    background = [row for row in facts.candidate.rows if row.label == 0]
    named = [title(row) for row in background if row.name.strip().lower() not in _BACKGROUND]
    hint = "0 is the background in every label volume; give the region another id"
    yield from found("warning", "NAMED_BACKGROUND", named, hint)


def _voxels(facts: Facts) -> Iterator[Finding]:
    raw = facts.candidate
    examples = [f"{raw.n_decimal} voxels"]
    hint = "labels were interpolated on resampling; resample with nearest neighbour"
    yield from found("error", "DECIMAL_LABELS", examples, hint, raw.n_decimal)
    examples = [f"{raw.n_non_finite} voxels"]
    hint = "NaN and infinity are read as background"
    yield from found("note", "NON_FINITE_VOXELS", examples, hint, raw.n_non_finite)
    examples = [f"{raw.n_negative} voxels"]
    hint = "labels below 0 are read as background; write them as positive numbers"
    yield from found("warning", "NEGATIVE_LABELS", examples, hint, raw.n_negative)
