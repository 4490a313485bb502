"""Values for the parameters of a statement: small, storable, and of the declared type."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from atlas.errors import InvalidInput

MAX_INTEGER = 2**63 - 1
MAX_VALUES = 100_000
MAX_CHARS = 2**20
MAX_TEXT = 20_000
MAX_DEPTH = 20

TYPES: dict[str, tuple[type, ...]] = {
    "STRING": (str,),
    "INTEGER": (int,),
    "FLOAT": (int, float),
    "BOOLEAN": (bool,),
    "MAP": (dict,),
    "LIST": (list,),
}
"""Types of parameters, as the headers in ``cypher/`` write them."""


def check(
    values: Mapping[str, object],
    max_values: int = MAX_VALUES,
    max_chars: int = MAX_CHARS,
    hint: str = "",
) -> None:
    """Refuse what a server could not take, or should not.

    Raises:
        InvalidInput: too many values, too much text or one too long, too deep, an integer of
            more than 64 bits, or a number that is not finite.
    """
    left: list[tuple[str, object, int]] = [("parameters", dict(values), 0)]
    count = chars = 0
    while left:
        name, value, depth = left.pop()
        count += 1
        if isinstance(value, str):
            chars += len(value)
            if len(value) > MAX_TEXT:
                found = f"a text of {len(value)} characters"
                raise InvalidInput(
                    f"parameters {name}", found=found, expected=f"{MAX_TEXT} at most"
                )
        elif isinstance(value, dict):
            chars += sum(len(str(key)) for key in value)
            left += [(str(key), item, depth + 1) for key, item in value.items()]
        elif isinstance(value, list):
            left += [(name, item, depth + 1) for item in value]
        else:
            _check_number(name, value)
        if depth > MAX_DEPTH or count + len(left) > max_values or chars > max_chars:
            expected = f"{max_values} values, {max_chars} characters, {MAX_DEPTH} levels at most"
            raise InvalidInput(f"parameters {name}", found="more", expected=expected, hint=hint)


def _check_number(name: str, value: object) -> None:
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise InvalidInput(f"parameters {name}", found=value, expected="64 bits at most")
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidInput(f"parameters {name}", found=value, expected="a finite number")


def typed(declared: Mapping[str, str], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a stored query, each of its declared type; null where that ends with ``?``.

    Raises:
        InvalidInput: an unknown or missing parameter, or a value of another type.

    >>> typed({"id": "STRING", "limit": "INTEGER?"}, {"id": "a"})
    {'id': 'a', 'limit': None}
    """
    unknown = sorted(given.keys() - declared.keys())
    if unknown:
        expected = ", ".join(declared) or "no parameters"
        raise InvalidInput("parameters", found=", ".join(unknown), expected=expected)
    return {name: _value(name, kind, given.get(name)) for name, kind in declared.items()}


def _value(name: str, kind: str, value: object) -> object:
    if value is None and kind.endswith("?"):
        return None
    accepted = TYPES[base(kind)]
    truth = isinstance(value, bool) and bool not in accepted
    if truth or not isinstance(value, accepted):
        raise InvalidInput(f"parameters {name}", found=repr(value), expected=kind)
    return float(value) if base(kind) == "FLOAT" and isinstance(value, int) else value


def base(kind: str) -> str:
    """The type without what its items are, or whether it may be null.

    >>> base("LIST<MAP>"), base("STRING?")
    ('LIST', 'STRING')
    """
    return kind.rstrip("?").partition("<")[0]
