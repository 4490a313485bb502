"""What a search keeps small beside accuracy: the networks nobody beats, and the choice of one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from atlas.errors import InvalidInput

Cost = Literal["parameters", "latency_ms"]
COSTS: tuple[Cost, ...] = get_args(Cost)
"""What can be minimised: numbers in branches and head; milliseconds for one sample, here."""

Candidate = dict[str, Any]


def check_costs(names: Sequence[str]) -> tuple[str, ...]:
    """Names of :data:`COSTS`, in the order that they have there.

    Raises:
        InvalidInput: an unknown name.

    >>> check_costs(["latency_ms", "parameters", "parameters"])
    ('parameters', 'latency_ms')
    """
    for name in names:
        if name not in COSTS:
            raise InvalidInput(
                "minimize", found=repr(name), expected=f"one or both of {', '.join(COSTS)}"
            )
    return tuple(name for name in COSTS if name in names)


def front(candidates: Sequence[Candidate], costs: Sequence[str]) -> list[Candidate]:
    """The candidates that no other one equals or beats in accuracy and every cost.

    The most accurate comes first. Of equals the first in ``candidates`` stays, which is the simpler
    one in a search. Candidates that were not trained to the end are left out.

    >>> rows = [{"value": 0.9, "parameters": 50}, {"value": 0.8, "parameters": 9},
    ...         {"value": 0.7, "parameters": 20}]
    >>> [row["value"] for row in front(rows, ["parameters"])]
    [0.9, 0.8]
    """
    whole = [one for one in candidates if one["value"] is not None and "pruned" not in one]
    found: list[Candidate] = []
    for one in sorted(whole, key=lambda row: (-row["value"], *(row[name] for name in costs))):
        if not any(all(row[name] <= one[name] for name in costs) for row in found):
            found.append(one)
    return found


def choice(found: Sequence[Candidate], costs: Sequence[str], samples: int) -> Candidate:
    """The cheapest network of a front that is as accurate as the best, as far as can be told.

    That is: whose accuracy is at most one standard error of the best below it, measured on so many
    ``samples``. Cheapest is the least product of the costs, whatever their units.
    Source: the one-standard-error rule of Breiman et al., "Classification and regression trees",
    1984, section 3.4.3.

    >>> rows = [{"value": 0.9, "parameters": 50}, {"value": 0.89, "parameters": 9},
    ...         {"value": 0.7, "parameters": 2}]
    >>> choice(rows, ["parameters"], samples=100)["parameters"]
    9
    """
    best: Mapping[str, Any] = found[0]
    error = math.sqrt(best["value"] * (1 - best["value"]) / samples)
    near = [row for row in found if row["value"] >= best["value"] - error]
    return min(near, key=lambda row: math.prod(row[name] for name in costs))
