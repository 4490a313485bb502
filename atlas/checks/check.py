"""All checks over one candidate."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from atlas.checks.candidate import Candidate
from atlas.checks.facts import Facts
from atlas.checks.hierarchy import check_hierarchy
from atlas.checks.labels import check_labels
from atlas.checks.names import check_names
from atlas.checks.places import check_places
from atlas.checks.report import CheckReport, Finding
from atlas.checks.rights import check_rights
from atlas.checks.shape import check_shape
from atlas.checks.sides import check_sides
from atlas.checks.space import check_space
from atlas.checks.tissue import check_tissue

CHECKS: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
    check_labels,
    check_names,
    check_sides,
    check_places,
    check_shape,
    check_space,
    check_hierarchy,
    check_tissue,
    check_rights,
)


def check(candidate: Candidate) -> CheckReport:
    """Judge a parcellation before it is an atlas.

    Errors are what makes answers wrong, warnings what makes them doubtful or lacks for their
    use, notes what one should know. Nothing is changed; :func:`atlas.checks.report.require`
    turns errors into a refusal.

    >>> from atlas.checks.candidate import RegionRow
    >>> from atlas.model import Source
    >>> row = RegionRow("1", "Left V1", x=8.0, y=-76.0, z=10.0, radius_mm=5.0)
    >>> source = Source("toy", "Toy", licence="CC0", citation="none")
    >>> report = check(Candidate("toy", "Toy", "MNI152", source, rows=(row,)))
    >>> [(finding.code, finding.count) for finding in report.errors]
    [('SWAPPED_SIDES', 1)]
    """
    facts = Facts(candidate)
    return CheckReport.of(candidate.id, [finding for one in CHECKS for finding in one(facts)])
