"""What licences ask of whoever passes their material on, and which do not go together.

This is a reading of licence names for a curator, not legal advice: what it cannot name it calls
unknown, and a release names those sources.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from graph.store import Row

Term = Literal["attribution", "sharealike", "noncommercial", "noderivatives", "unknown"]
TERMS: tuple[Term, ...] = (
    "attribution",
    "sharealike",
    "noncommercial",
    "noderivatives",
    "unknown",
)


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence by its SPDX identifier (or a word of ours where SPDX has none), and its terms."""

    id: str
    terms: frozenset[Term]


def _licence(id: str, *terms: Term) -> Licence:
    return Licence(id, frozenset(terms))


UNKNOWN = _licence("unknown", "unknown")

_VERSION = r"(?:[\s-]*v?(\d(?:\.\d)?))?"
_BY = r"\b(?:CC|creative\s+commons)[\s-]*(?:BY|attribution)"
_NC = r"[\s-]*(?:NC|non-?commercial)"
_SA = r"[\s-]*(?:SA|share-?\s?alike)"
_ND = r"[\s-]*(?:ND|no-?\s?deriv\w*)"
_NAMES: tuple[tuple[str, str, tuple[Term, ...]], ...] = (
    # Longer names first: what one has matched, the next ones do not see.
    (_BY + _NC + _SA, "CC-BY-NC-SA", ("attribution", "noncommercial", "sharealike")),
    (_BY + _NC + _ND, "CC-BY-NC-ND", ("attribution", "noncommercial", "noderivatives")),
    (_BY + _NC, "CC-BY-NC", ("attribution", "noncommercial")),
    (_BY + _SA, "CC-BY-SA", ("attribution", "sharealike")),
    (_BY + _ND, "CC-BY-ND", ("attribution", "noderivatives")),
    (_BY, "CC-BY", ("attribution",)),
    (r"\b(?:CC[\s-]*0|creative\s+commons\s+zero)\b", "CC0", ()),
    (r"\b(?:ODbL|open\s+database\s+licen[cs]e)\b", "ODbL", ("attribution", "sharealike")),
    (r"\bODC[\s-]*BY\b", "ODC-By", ("attribution",)),
    (r"\bPDDL\b", "PDDL", ()),
    (r"\bpublic\s+domain\b", "public-domain", ()),
    (r"\bAGPL\b", "AGPL", ("attribution", "sharealike")),
    (r"\bGPL\b", "GPL", ("attribution", "sharealike")),
    (r"\bapache\b", "Apache", ("attribution",)),
    (r"\bBSD(?:-[23]-clause)?\b", "BSD", ("attribution",)),
    (r"\bMIT\b", "MIT", ("attribution",)),
)
_WORDS: tuple[tuple[str, Term], ...] = (
    (r"\bnon[\s-]*commercial\b", "noncommercial"),
    (r"\bshare[\s-]*alike\b", "sharealike"),
    (r"\bno[\s-]*deriv\w*", "noderivatives"),
    (r"\battribution\b", "attribution"),
)


def read(text: str) -> tuple[Licence, ...]:
    """The licences that a source's own words name; :data:`UNKNOWN` where they name none.

    Terms that are written out without a licence's name count as one called ``own terms``. A text
    that says that none is stated is unknown, whatever else it names.

    >>> [licence.id for licence in read("ODbL-1.0 (https://…); the other part BSD-3-Clause")]
    ['ODbL-1.0', 'BSD-3-Clause']
    >>> read("non-commercial research, share alike")[0].id, read("none stated")[0].id
    ('own terms', 'unknown')
    """
    if re.search(r"\b(?:none|not)\s+stated\b", text, re.IGNORECASE):
        return (UNKNOWN,)
    found: list[tuple[int, Licence]] = []
    rest = re.sub(r"https?://\S+", lambda match: " " * len(match[0]), text)
    for pattern, name, terms in _NAMES:
        for match in re.finditer(pattern + _VERSION, rest, re.IGNORECASE):
            found.append((match.start(), _licence(_named(name, match), *terms)))
            rest = rest[: match.start()] + " " * len(match[0]) + rest[match.end() :]
    words = [term for pattern, term in _WORDS if re.search(pattern, rest, re.IGNORECASE)]
    if words:
        found.append((len(text), _licence("own terms", *words)))
    return tuple(licence for _, licence in sorted(found, key=lambda item: item[0])) or (UNKNOWN,)


def _named(name: str, match: re.Match[str]) -> str:
    if name == "BSD":
        clauses = re.search(r"-([23])-", match[0])
        return f"BSD-{clauses[1]}-Clause" if clauses else "BSD"
    version = match[match.lastindex or 0] if match.lastindex else None
    if not version:
        return name
    version = version if "." in version else f"{version}.0"
    return f"{name}-{version}"


def terms_of(text: str) -> frozenset[Term]:
    """All that the licences in a text ask for."""
    return frozenset().union(*(licence.terms for licence in read(text)))


@dataclass(frozen=True, slots=True)
class Conflict:
    """Sources that cannot go out together, or one that cannot go out at all, and why.

    ``without`` names what to leave out instead: a term, or ids of sources.
    """

    code: Literal["noderivatives", "noncommercial-sharealike", "sharealikes"]
    sources: tuple[str, ...]
    why: str
    without: tuple[str, ...]


def conflicts(sources: Iterable[Row]) -> list[Conflict]:
    """Why these sources cannot be passed on as one graph; empty if they can."""
    licences = {row["id"]: read(row["licence"] or "") for row in sources}

    def having(term: Term) -> dict[str, list[Licence]]:
        own = {id: [one for one in found if term in one.terms] for id, found in licences.items()}
        return {id: found for id, found in own.items() if found}

    found: list[Conflict] = []
    if fixed := having("noderivatives"):
        why = "they may be passed on unchanged only, and a graph is a changed form"
        found.append(Conflict("noderivatives", tuple(fixed), why, ("noderivatives",)))
    sharing, restricted = having("sharealike"), having("noncommercial")
    # A licence that shares alike and allows trade forbids to add a ban on trade.
    free = {id for id, own in sharing.items() if any("noncommercial" not in o.terms for o in own)}
    if free and restricted:
        why = "share-alike terms that allow commercial use next to non-commercial terms"
        both = tuple(sorted(free | set(restricted)))
        found.append(
            Conflict("noncommercial-sharealike", both, why, ("noncommercial", "sharealike"))
        )
    kinds = {_family(one.id) for own in sharing.values() for one in own}
    if len(kinds) > 1:
        why = f"each of {', '.join(sorted(kinds))} wants the whole under its own terms"
        found.append(Conflict("sharealikes", tuple(sharing), why, tuple(sharing)))
    return found


def unstated(sources: Iterable[Row]) -> list[str]:
    """Ids of sources whose words name no licence: whoever passes them on has to ask."""
    return sorted(row["id"] for row in sources if UNKNOWN in read(row["licence"] or ""))


def binding(sources: Iterable[Row]) -> list[str]:
    """Licences whose share-alike terms bind whoever passes the whole on."""
    named = {one for row in sources for one in read(row["licence"] or "")}
    return sorted(one.id for one in named if "sharealike" in one.terms)


def _family(id: str) -> str:
    return re.sub(r"-\d\.\d$", "", id)
