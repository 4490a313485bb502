"""What people may state: weights, rationales, comments and citations, checked and in one form."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

from atlas.errors import InvalidInput

MAX_TEXT = 4_000
"""Characters of a rationale or comment."""

_MAX_CITATION = 300
_DOI = re.compile(r"(?:doi:?\s*)?(10\.\d{4,9}/[^\s\"]*[^\s\".,;])[.,;]?", re.IGNORECASE)
_DOI_ADDRESS = re.compile(r"(?:doi:?\s*)?(?:https?://)?(?:dx\.|www\.)?doi\.org/", re.IGNORECASE)
_PMID = re.compile(
    r"(?:pmid[:\s]\s*|(?:https?://)?(?:pubmed\.|(?:www\.)?)ncbi\.nlm\.nih\.gov/(?:pubmed/)?)"
    r"([1-9]\d{0,8})(?:/?|/?\?.*)",
    re.IGNORECASE,
)
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that make text read otherwise than it is written."""


def weight(value: float) -> float:
    """A weight as claims and model links have it.

    Raises:
        InvalidInput: outside (0, 1].
    """
    if isinstance(value, bool) or not 0.0 < value <= 1.0:
        raise InvalidInput("weight", found=value, expected="(0, 1]")
    return float(value)


def text(field: str, value: str) -> str:
    """A rationale or comment without the space around it.

    Raises:
        InvalidInput: empty, too long, or with control characters.
    """
    found = value.strip()
    if not 0 < len(found) <= MAX_TEXT:
        length = f"{len(found)} characters"
        raise InvalidInput(field, found=length, expected=f"1 to {MAX_TEXT} characters")
    for char in found:
        if (unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t") or char in _TURNING:
            raise InvalidInput(field, found=f"U+{ord(char):04X}", expected="no control characters")
    return found


def citation(value: str) -> str:
    """A DOI or PubMed id in the form that is stored; DOIs do not tell cases apart.

    Raises:
        InvalidInput: neither of the two.

    >>> citation("https://doi.org/10.1038/NMETH.1635"), citation("pmid: 21706013")
    ('doi:10.1038/nmeth.1635', 'PMID:21706013')
    """
    found = value.strip()
    address = _DOI_ADDRESS.match(found)
    bare = unquote(found[address.end() :]) if address else found
    doi, pmid = _DOI.fullmatch(bare), _PMID.fullmatch(found)
    if len(found) <= _MAX_CITATION and doi:
        return f"doi:{text('citation', doi[1]).lower()}"
    if pmid:
        return f"PMID:{pmid[1]}"
    raise InvalidInput(
        "citation",
        found=repr(found[:80]),
        expected="a DOI (10.1038/nmeth.1635) or a PubMed id (PMID:21706013)",
        hint=f"PMID:{found} if this is one of PubMed" if found.isdecimal() else "",
    )
