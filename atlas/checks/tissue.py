"""Labels that are no grey matter swallow the peaks that fall beside a region."""

from __future__ import annotations

import re
from collections.abc import Iterator

from atlas.checks.candidate import RegionRow
from atlas.checks.facts import Facts, title
from atlas.checks.report import Finding, found

_BREAK = re.compile(r"[^a-z0-9?]+")
_SIDE = re.compile(r"\b(left|right|lh|rh|ctx|l|r)\b")
_NOT_GREY = re.compile(
    r"\b(white matter|wm|lat(eral)? vent\w*|(3rd|4th|5th|third|fourth|fifth) vent\w*|ventricles?"
    r"|csf|cerebro ?spinal|vessels?|choroid|plexus|(wm )?hypointensit\w+|brain ?stem"
    r"|optic chiasm|corpus callosum|cc (posterior|mid|central|anterior)\b.*|fasciculus"
    r"|(internal|external) capsule|corona radiata|medial wall|not grey matter|skull)\b"
)
_NOTHING = {"unknown", "undetermined", "background", "empty", "unlabeled", "unlabelled"}


def is_not_grey(row: RegionRow) -> bool:
    """Whether a row's name (or ``structure`` column) is white matter, fluid or a vessel.

    FreeSurfer's names (``Left-Inf-Lat-Vent``, ``CC_Anterior``) and common English ones.

    >>> [is_not_grey(RegionRow("1", n)) for n in ("Left-Inf-Lat-Vent", "CSF", "VentralDC", "V1")]
    [True, True, False, False]
    """
    texts = (row.name, row.extra.get("structure", ""))
    plain = [_BREAK.sub(" ", text.lower()).strip() for text in texts]
    return any(_NOT_GREY.search(text) is not None for text in plain)


def is_unknown(row: RegionRow) -> bool:
    """Whether a row's name says that nobody knows what it is, apart from its side.

    >>> is_unknown(RegionRow("1000", "ctx-lh-unknown")), is_unknown(RegionRow("7", "Uncertain_1"))
    (True, False)
    """
    plain = _BREAK.sub(" ", row.name.lower())
    return _SIDE.sub("", plain).strip() in _NOTHING


def check_tissue(facts: Facts) -> Iterator[Finding]:
    """White matter, ventricles, vessels, CSF, the brain stem as a whole; labels called unknown."""
    hint = "peaks fall into regions that say nothing; leave them out"
    unknown = [title(row) for row in facts.rows if is_unknown(row)]
    yield from found("warning", "UNKNOWN_LABELS", unknown, hint)
    rows = [row for row in facts.rows if is_not_grey(row)]
    hint = "peaks beside a region fall into them; leave them out unless they are wanted"
    volume = facts.candidate.volume
    if volume is not None and rows:
        labels = {row.label for row in rows}
        share = sum(n for label, n in volume.counts.items() if label in labels)
        hint = f"{share / max(sum(volume.counts.values()), 1):.0%} of the labelled voxels; {hint}"
    yield from found("warning", "NOT_GREY_MATTER", [title(row) for row in rows], hint)
