"""Tensors of a safetensors file, mapped into memory: pages are read when they are first used."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from composer.header import TORCH, header_of

_TYPE = {code: getattr(torch, name) for code, name in TORCH.items()}


def mapped(path: Path) -> tuple[Mapping[str, str], dict[str, Tensor]]:
    """Metadata and tensors of a checkpoint. What is written to a tensor stays in memory.

    One mapping serves all tensors, and a header that was read is remembered; of many small files
    ``safetensors.safe_open`` makes several times as much work.

    Raises:
        InvalidInput: see :func:`composer.header.read_header`. OSError: the file cannot be read.
    """
    header = header_of(path)
    size = header.start + (header.tensors[-1].end if header.tensors else 0)
    storage = torch.UntypedStorage.from_file(str(path), shared=False, nbytes=size)
    tensors = {}
    for one in header.tensors:
        kind, start = _TYPE[one.dtype], header.start + one.begin
        if start % kind.itemsize:  # legal, and rare: such numbers cannot stay where they are
            raw = torch.tensor(storage[start : header.start + one.end], dtype=torch.uint8)
            tensors[one.name] = raw.view(kind).reshape(one.shape)
        else:
            there = torch.empty(0, dtype=kind)
            there.set_(storage, start // kind.itemsize, one.shape)  # type: ignore[call-overload]
            tensors[one.name] = there
    return header.metadata, tensors
