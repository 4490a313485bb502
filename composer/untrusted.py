"""Weights that somebody sends: judged by their header before any number is touched.

The header is read strictly (see ``composer.header``). Then the tensors must be those of the family
that the metadata name, and no number may be NaN or infinite. Pickles, archives and everything else
that is not safetensors are refused by their first bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from atlas.errors import InvalidInput, NotFound
from composer.branches import build_of, check_branch
from composer.checkpoints import CheckpointStore, Draft
from composer.header import TORCH, Header, odd, read_header, tensor_odd
from composer.meta import build_meta, wanted_tensors

FINITE: Mapping[str, tuple[str, int]] = {
    "F64": ("<u8", 0x7FF0_0000_0000_0000),
    "F32": ("<u4", 0x7F80_0000),
    "F16": ("<u2", 0x7C00),
    "BF16": ("<u2", 0x7F80),
}
"""Type of a float's bits and its exponent: where all its bits are set, it is no finite number."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A checkpoint that was sent, and what its header says."""

    draft: Draft
    header: Header


def check_weights(path: Path, *, family: str | None = None) -> Header:
    """Judge a checkpoint that somebody sends; it may be stored when this returns.

    Args:
        path: the file.
        family: refuse weights of any other family than this, where one is wanted.

    Raises:
        InvalidInput: not safetensors, damaged, of an unknown family, not the tensors of the network
            that its metadata describe, or with numbers that are NaN or infinite.
    """
    header = read_header(path)
    kind = header.metadata.get("kind", "no kind")
    if kind not in ("branch", "network"):
        raise InvalidInput("checkpoint metadata", found=kind, expected="kind branch or network")
    build = build_of(header.metadata)
    if family is not None and build.family != family:
        raise InvalidInput("checkpoint", found=f"a {build.family}", expected=f"a {family}")
    try:
        network = build_meta(build)
    except NotFound as error:  # of the file's content, not of an address that was asked for
        raise InvalidInput(
            error.field, found=build.family[:100], expected=error.expected
        ) from error
    if kind == "branch":
        check_branch(network, header.metadata)
    found = {one.name: f"{one.shape} of {TORCH[one.dtype]}" for one in header.tensors}
    wanted_tensors(network, found)
    check_finite(path, header)
    _check_opens(path)
    return header


@contextmanager
def taken(
    checkpoints: CheckpointStore, path: Path, *, family: str | None = None
) -> Iterator[Taken]:
    """A checkpoint that somebody sends, once :func:`check_weights` is content.

    ``draft.keep()`` stores it byte for byte; without that nothing of it is left after the block.

    Raises:
        InvalidInput: as there. Unavailable: the disk is full.
    """
    header = check_weights(path, family=family)
    with path.open("rb") as file, checkpoints.drafted(file) as draft:
        yield Taken(draft, header)


def check_finite(path: Path, header: Header) -> None:
    """Refuse a file whose header is sound, and in whose data some number is NaN or infinite.

    Raises:
        InvalidInput: names the tensor.
    """
    for tensor in header.tensors:
        if tensor.dtype not in FINITE or tensor.begin == tensor.end:
            continue
        bits, exponent = FINITE[tensor.dtype]
        start = header.start + tensor.begin
        # Mapped, so that a large file costs no memory; unaligned data are copied by NumPy.
        raw = np.memmap(path, np.uint8, "r", start, (tensor.end - tensor.begin,))
        numbers = raw.view(bits)
        for piece in np.array_split(numbers, max(1, len(numbers) // 2**20)):
            if ((piece & exponent) == exponent).any():
                raise tensor_odd(tensor.name, "NaN or infinite numbers", "finite numbers")


def _check_opens(path: Path) -> None:
    """Open it with the format's own library, as those will who download it.

    Variances that a network divides by the root of are looked at on the way.
    """
    try:
        with safe_open(path, framework="np") as file:
            for name in file.keys():  # noqa: SIM118 - not a mapping
                if name.endswith("running_var") and (file.get_tensor(name) < 0).any():
                    raise tensor_odd(name, "negative variances", "numbers from 0")
    except SafetensorError as error:
        raise odd(str(error)[:200]) from error
