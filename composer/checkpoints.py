"""Trained weights on disk: safetensors files, addressed by the sha256 of their bytes.

torch is imported when tensors are written or read; to find and to send files takes none.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from filelock import FileLock

from atlas.errors import InvalidInput, NotFound, Unavailable
from atlas.whole_files import PARTIAL, whole_file
from composer.header import header_of

if TYPE_CHECKING:
    from torch import Tensor

SUFFIX = ".safetensors"
LOCK = ".lock"
WHAT = "checkpoint store"


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A file of the store: its address, where it lies, its length in bytes."""

    sha256: str
    path: Path
    bytes: int


@dataclass(frozen=True, slots=True)
class Draft:
    """Content that lies beside the files of a store until :meth:`keep` puts it among them."""

    sha256: str
    bytes: int
    store: CheckpointStore
    written: Path

    def keep(self) -> StoredCheckpoint:
        """Give the file its name; what is kept twice is there once.

        Raises:
            Unavailable: the folder cannot be written.
        """
        path = self.store.root / f"{self.sha256}{SUFFIX}"
        with self.store.held():
            if not _young_again(path):
                os.utime(self.written)
                self.written.replace(path)
        return StoredCheckpoint(self.sha256, path, self.bytes)


def encode(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """A safetensors file whose bytes depend on nothing but the content.

    The library writes the metadata in the order of a randomised hash map, so the header is
    written again with sorted keys, padded to 8 bytes as the format advises.
    """
    from safetensors.torch import save as to_safetensors

    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    raw = to_safetensors(plain, metadata=dict(metadata))
    end = 8 + int.from_bytes(raw[:8], "little")
    header = json.dumps(json.loads(raw[8:end]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + raw[end:]


class CheckpointStore:
    """A folder of ``<sha256>.safetensors`` files. Saving the same content twice stores it once.

    >>> import tempfile, torch
    >>> store = CheckpointStore(Path(tempfile.mkdtemp()))
    >>> saved = store.save({"w": torch.ones(2)}, {"family": "none"})
    >>> store.metadata(saved.sha256), store.load(saved.sha256)["w"].tolist()
    ({'family': 'none'}, [1.0, 1.0])
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def at(cls, home: Path) -> CheckpointStore:
        """The store of a data directory."""
        return cls(home / "checkpoints")

    def save(self, state: Mapping[str, Tensor], metadata: Mapping[str, str]) -> StoredCheckpoint:
        """Store tensors with their metadata.

        Raises:
            Unavailable: the file could not be written; nothing is left behind.
        """
        with self.drafted(BytesIO(encode(state, metadata))) as draft:
            return draft.keep()

    @contextlib.contextmanager
    def drafted(self, content: BytesIO | BufferedReader) -> Iterator[Draft]:
        """A file that is kept once all else about it is accepted; else it goes with the block.

        Content that is there is not written again, and no garbage collection takes it meanwhile.

        Raises:
            Unavailable: the file could not be written; nothing is left behind.
        """
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        size = content.seek(0, os.SEEK_END)
        written = self.root / f"{PARTIAL}{uuid4().hex}"
        if not self._there(sha256):
            content.seek(0)
            with whole_file(written, what=WHAT) as target:
                shutil.copyfileobj(content, target, 1024 * 1024)
        try:
            yield Draft(sha256, size, self, written)
        finally:
            written.unlink(missing_ok=True)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Held while a file is kept, or found old and deleted: neither comes between the other.

        Raises:
            Unavailable: the folder cannot be written.
        """
        try:
            with FileLock(self.root / LOCK):
                yield
        except OSError as error:
            raise Unavailable(
                WHAT,
                found=error.strerror or error,
                expected="a folder that can be written, and that nobody else clears",
                hint=str(self.root),
            ) from error

    def _there(self, sha256: str) -> bool:
        path = self.root / f"{sha256}{SUFFIX}"
        if not path.is_file():
            return False
        with self.held():
            return _young_again(path)

    def path(self, sha256: str) -> Path:
        """Where the checkpoint lies.

        Raises:
            InvalidInput: not a sha256. NotFound: no such checkpoint here.
        """
        if not _is_address(sha256):
            raise InvalidInput("checkpoint", found=repr(sha256), expected="64 hex digits (sha256)")
        path = self.root / f"{sha256}{SUFFIX}"
        if not path.is_file():
            raise NotFound("checkpoint", found=sha256, expected="weights that are kept here")
        return path

    def load(self, sha256: str) -> dict[str, Tensor]:
        """The tensors, memory-mapped: pages are read when they are first used.

        Raises:
            NotFound: no such checkpoint. InvalidInput: the file is damaged.
        """
        return self.read(sha256)[1]

    def read(self, sha256: str) -> tuple[dict[str, str], dict[str, Tensor]]:
        """Metadata and tensors of :meth:`metadata` and :meth:`load`, the file opened once."""
        from composer.mapped import mapped

        path = self.path(sha256)
        with _readable(path):
            metadata, tensors = mapped(path)
        return dict(sorted(metadata.items())), tensors

    def metadata(self, sha256: str) -> dict[str, str]:
        """The metadata in the file's header; the tensors are not read."""
        path = self.path(sha256)
        with _readable(path):
            return dict(sorted(header_of(path).metadata.items()))

    def verify(self, sha256: str) -> bool:
        """Whether the bytes on disk still have this sha256."""
        with self.path(sha256).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256

    def list(self) -> list[str]:
        """The sha256 of every stored checkpoint, sorted."""
        found = (path for path in self.root.glob(f"*{SUFFIX}") if path.is_file())
        return sorted(path.stem for path in found if _is_address(path.stem))

    def strays(self) -> Sequence[Path]:
        """What else lies in the folder: drafts of writers that were killed, files of people."""
        known = {LOCK, *(f"{sha256}{SUFFIX}" for sha256 in self.list())}
        folder = self.root.iterdir() if self.root.is_dir() else ()
        return sorted(path for path in folder if path.name not in known)


def _is_address(text: str) -> bool:
    return len(text) == 64 and not set(text) - set("0123456789abcdef")


def _young_again(path: Path) -> bool:
    """Whether the file is there; it counts as written now, so that no garbage collection takes it.

    Its record is yet to come, and it may be an old file that no record has referred to so far.
    """
    try:
        os.utime(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InvalidInput(
            "checkpoint", found=f"{path.name}: {error}", expected="a whole safetensors file"
        ) from error
