"""Database values as plain JSON-able Python."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping


def plain(value: object) -> object:
    """No driver types leak: nodes and relationships become dicts, temporal values ISO strings.

    JSON has no NaN and no infinity: they become None. Points become ``{"srid", "coordinates"}``,
    paths the list of their nodes' properties.
    """
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)) and not hasattr(value, "srid"):
        return [plain(item) for item in value]
    return _special(value)


def _special(value: object) -> object:
    if hasattr(value, "iso_format"):
        # Servers count nanoseconds, other programs seldom read more than microseconds.
        return re.sub(r"(\.\d{6})000(?!\d)", r"\1", value.iso_format())
    if isinstance(value, tuple):
        return {"srid": getattr(value, "srid", None), "coordinates": list(value)}
    if hasattr(value, "relationships") and hasattr(value, "nodes"):
        return [plain(node) for node in value.nodes]
    if hasattr(value, "items"):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    return str(value)


def digest(value: object) -> str:
    """sha256 of the canonical JSON form: equal content, equal digest.

    >>> digest({"a": 1, "b": (2, 3)}) == digest({"b": [2, 3], "a": 1})
    True
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def slug(name: str) -> str:
    """An id from a name.

    >>> slug("ResNet 18 (CIFAR)")
    'resnet-18-cifar'
    """
    return re.sub(r"[^\w.]+", "-", name.lower()).strip("-")
