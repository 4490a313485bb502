"""What the checks found, by severity, and how errors refuse an import."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Literal

from atlas.checks.codes import CODES
from atlas.errors import InvalidInput

Severity = Literal["error", "warning", "note"]

EXAMPLES = 5
"""How many examples a finding shows."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found, however often.

    ``code`` never changes its meaning; ``count`` is how often it was found, ``examples`` name the
    first few, ``hint`` says what to do.
    """

    severity: Severity
    code: str
    count: int
    examples: tuple[str, ...] = ()
    hint: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As the command line and the API print it; the severity is the list it stands in."""
        return {
            "code": self.code,
            "count": self.count,
            "examples": list(self.examples),
            "hint": self.hint,
        }


def found(
    severity: Severity, code: str, cases: Iterable[object], hint: str, count: int | None = None
) -> list[Finding]:
    """The finding of all ``cases``, or nothing when there are none.

    ``count`` is given where the cases are only examples of more.

    >>> found("note", "ISLANDS", [1, 3], "as it is")
    [Finding(severity='note', code='ISLANDS', count=2, examples=('1', '3'), hint='as it is')]
    """
    texts = [str(case) for case in cases]
    count = len(texts) if count is None else count
    return [Finding(severity, code, count, tuple(texts[:EXAMPLES]), hint)] if count else []


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All findings about one atlas."""

    atlas: str
    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()

    @classmethod
    def of(cls, atlas: str, findings: Iterable[Finding]) -> CheckReport:
        """Sort findings by severity."""
        by: dict[str, list[Finding]] = {"error": [], "warning": [], "note": []}
        for finding in findings:
            by[finding.severity].append(finding)
        return cls(atlas, tuple(by["error"]), tuple(by["warning"]), tuple(by["note"]))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them, errors first."""
        return self.errors + self.warnings + self.notes

    def without(self, accepted: Collection[str]) -> CheckReport:
        """The report with the errors of these codes left out."""
        return replace(self, errors=tuple(e for e in self.errors if e.code not in accepted))

    def to_dict(self) -> dict[str, Any]:
        """``{atlas, errors, warnings, notes}``, each a list of {code, count, examples, hint}."""
        return {
            "atlas": self.atlas,
            "errors": [finding.to_dict() for finding in self.errors],
            "warnings": [finding.to_dict() for finding in self.warnings],
            "notes": [finding.to_dict() for finding in self.notes],
        }


def require(report: CheckReport, accepted: Collection[str] = ()) -> tuple[str, ...]:
    """Refuse a candidate with errors, unless each is accepted by its code.

    A code that was not found may be accepted too: the same command serves a corrected file.

    Returns:
        The accepted codes that were really found, sorted: what the source's record keeps.

    Raises:
        InvalidInput: errors that are not accepted (with their counts), or an accepted code that
            is none of :data:`atlas.checks.codes.CODES`.

    >>> errors = (Finding("error", "DUPLICATE_IDS", 2, ("7",)),)
    >>> require(CheckReport("toy", errors), ["DUPLICATE_IDS"])
    ('DUPLICATE_IDS',)
    >>> require(CheckReport("toy", errors))
    Traceback (most recent call last):
    atlas.errors.InvalidInput: atlas toy: found DUPLICATE_IDS (2: 7), expected no errors ...
    """
    require_known(accepted)
    left = report.without(accepted).errors
    if left:
        raise InvalidInput(
            f"atlas {report.atlas}",
            found="; ".join(_short(finding) for finding in left),
            expected="no errors",
            hint="`neuroweave atlas check` says what to do; `accept` takes the codes that may stay",
        )
    return tuple(sorted({error.code for error in report.errors}))


def require_known(accepted: Collection[str]) -> None:
    """Refuse codes that no check ever says.

    Raises:
        InvalidInput: names them, with the code that looks most like the first.
    """
    strange = sorted(set(accepted) - CODES.keys())
    if strange:
        near = get_close_matches(strange[0].upper(), CODES, n=1)
        hint = f"do you mean {near[0]}?" if near else ""
        expected = "codes of the checks"
        raise InvalidInput("accept", found=", ".join(strange), expected=expected, hint=hint)


def _short(finding: Finding) -> str:
    return f"{finding.code} ({finding.count}: {', '.join(finding.examples[:2])})"
