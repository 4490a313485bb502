"""``release.json``: what a release holds, and the hashes that prove it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any

from atlas.errors import InvalidInput

FORMAT = 1
"""Version of the folder's layout; another one is refused."""

MANIFEST = "release.json"
ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
FILE = re.compile(r"(?:(?:records|volumes)/)?[A-Za-z0-9][A-Za-z0-9._-]{0,120}")
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file: sha256 and length of its bytes; ``rows`` of a table, else None."""

    sha256: str
    bytes: int
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a release says of itself. It holds no time and no place: equal content, equal bytes.

    Attributes:
        id: its name, ``v2026.11``.
        digest: sha256 of the content (see ``graph.content.digest_of``).
        counts: records of each noun that has any.
        files: every other file of the folder, by its path.
        licences: a row for each source: source, name, licence (its own words), identifiers
            (SPDX where there is one), terms.
        binding: licences whose share-alike terms bind the whole.
        unstated: sources that name no licence; whoever passes the release on has to ask.
        without: what was asked to be left out, and ``left_out`` the sources that were.
        conflicts: what does not go together and was passed on all the same, by decision of
            whoever made the release.
        volumes: sha256 of the label volumes that its atlases name, and whether each is inside.
    """

    id: str
    digest: str
    counts: dict[str, int]
    files: dict[str, FileEntry]
    licences: list[dict[str, Any]] = field(default_factory=list)
    binding: list[str] = field(default_factory=list)
    unstated: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    conflicts: list[dict[str, Any]] = field(default_factory=list)
    volumes: list[dict[str, Any]] = field(default_factory=list)
    format: int = FORMAT

    def to_json(self) -> bytes:
        """The file's content."""
        plain = asdict(self)
        whole = {**plain, "seal": seal(plain)}
        return (json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()

    @classmethod
    def from_json(cls, data: bytes) -> Manifest:
        """Read the file's content.

        Raises:
            InvalidInput: it is damaged, of another version, or names files it must not.
        """
        try:
            plain = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise _damaged(f"no JSON ({error})") from error
        if not isinstance(plain, dict):
            raise _damaged(f"a {type(plain).__name__}")
        if plain.get("format") != FORMAT:
            raise InvalidInput(
                f"{MANIFEST} format",
                found=repr(plain.get("format")),
                expected=str(FORMAT),
                hint="it was written by another version of the program",
            )
        _check(plain)
        said = plain.pop("seal", None)
        if said != seal(plain):
            found = "another seal" if said else "no seal"
            raise _damaged(f"{found}: it was changed by hand, or written before seals were")
        entries = {path: FileEntry(**entry) for path, entry in plain["files"].items()}
        known = {name: plain[name] for name in cls.__dataclass_fields__ if name in plain}
        return cls(**{**known, "files": entries})


def seal(plain: Mapping[str, Any]) -> str:
    """sha256 of everything else that ``release.json`` says: licences cannot be edited unseen.

    It shows damage and carelessness; against forgery compare the digest that its maker cites.
    """
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return sha256(text.encode()).hexdigest()


def check_id(id: str) -> str:
    """The id, if it can name a release.

    Raises:
        InvalidInput: it would not do as the name of a folder.
    """
    if not ID.fullmatch(id):
        expected = "letters, digits, dots, dashes and underscores, such as v2026.11"
        raise InvalidInput("release", found=repr(id), expected=expected)
    return id


def _check(plain: Mapping[str, Any]) -> None:
    texts = {"id": ID, "digest": SHA256}
    for name, pattern in texts.items():
        if not isinstance(plain.get(name), str) or not pattern.fullmatch(plain[name]):
            raise _damaged(f"{name} {plain.get(name)!r}")
    lists = ("licences", "conflicts", "volumes")
    if any(not _dicts(plain.get(name, [])) for name in lists):
        raise _damaged("a list that holds something else than objects")
    for name in ("binding", "unstated", "without", "left_out"):
        value = plain.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise _damaged(f"{name} {value!r}")
    counts, files = plain.get("counts"), plain.get("files")
    if not isinstance(counts, dict) or not all(_count(n) for n in counts.values()):
        raise _damaged("no counts")
    if not isinstance(files, dict):
        raise _damaged("no files")
    for path, entry in files.items():
        _check_file(path, entry)


def _check_file(path: str, entry: object) -> None:
    if not FILE.fullmatch(path) or path == MANIFEST:
        raise InvalidInput(
            "release file", found=repr(path), expected="a file of the release's own folder"
        )
    fields = set(FileEntry.__dataclass_fields__)
    if not isinstance(entry, dict) or set(entry) != fields:
        raise _damaged(f"{path} with {entry!r}")
    sound = isinstance(entry["sha256"], str) and SHA256.fullmatch(entry["sha256"])
    if not sound or not _count(entry["bytes"]) or not _count(entry["rows"] or 0):
        raise _damaged(f"{path} with {entry!r}")


def _dicts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _damaged(found: str) -> InvalidInput:
    return InvalidInput(MANIFEST, found=found[:200], expected="what release create wrote")
