"""May it be used, and whom does one cite?"""

from __future__ import annotations

from collections.abc import Iterator

from atlas.checks.facts import Facts
from atlas.checks.report import Finding, found


def check_rights(facts: Facts) -> Iterator[Finding]:
    """Licence and citation of the source."""
    source = facts.candidate.source
    if not source.licence.strip():
        hint = "say under which licence it was published (`licence`)"
        yield from found("warning", "LICENCE_MISSING", [source.id], hint)
    if not source.citation.strip():
        hint = "say which paper to cite (`citation`)"
        yield from found("warning", "CITATION_MISSING", [source.id], hint)
