"""``CITATION.cff``: how to cite a release, and everything it is made of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from graph.releases.licences import read
from graph.store import Row

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s;,)\]]*[^\s;,.)\]]")
_URL = re.compile(r"https?://\S+")


def citation(
    id: str, digest: str, sources: Iterable[Row], authors: Sequence[str], title: str
) -> bytes:
    """The file in the Citation File Format 1.2.0, without a date (a release has none).

    Args:
        id: the release.
        digest: of its content.
        sources: each becomes a reference.
        authors: who made the release.
        title: its title.
    """
    lines = [
        "cff-version: 1.2.0",
        "message: If you use this release, cite it and the sources it rests on.",
        "type: dataset",
        f"title: {_text(title)}",
        f"version: {_text(id)}",
        "authors:",
        *(f"  - name: {_text(author)}" for author in authors),
        "identifiers:",
        "  - type: other",
        f"    value: {_text(f'sha256:{digest}')}",
        "    description: digest of the content",
    ]
    references = [line for row in sources for line in _reference(row)]
    if references:
        lines += ["references:", *references]
    return ("\n".join(lines) + "\n").encode()


def _reference(source: Row) -> Iterator[str]:
    yield "  - type: data"
    yield f"    title: {_text(source['name'] or source['id'])}"
    yield "    authors:"
    yield f"      - name: {_text(_author(source))}"
    if source["version"]:
        yield f"    version: {_text(source['version'])}"
    said = f"{source['citation'] or ''} {source['url'] or ''}"
    if doi := _DOI.search(said):
        yield f"    doi: {_text(doi[0])}"
    if source["url"] and _URL.fullmatch(source["url"]):
        yield f"    url: {_text(source['url'])}"
    licences = ", ".join(one.id for one in read(source["licence"] or ""))
    notes = [source["citation"], f"licence: {source['licence'] or 'none stated'} ({licences})"]
    yield f"    notes: {_text('; '.join(note for note in notes if note))}"


def _author(source: Row) -> str:
    """Whom the citation names first, up to the year."""
    head = re.split(r"[(,;]|\b(?:19|20)\d\d\b", source["citation"] or "")[0].strip()
    return head or source["name"] or source["id"]


def _text(value: str) -> str:
    """A YAML scalar; JSON's strings are YAML's double-quoted ones."""
    return json.dumps(value, ensure_ascii=False)
