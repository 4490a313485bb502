"""Functional networks as evidence: what a region's network says of it, and how little."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from atlas.errors import InvalidInput
from atlas.model import Claim, Region, Source
from ingest import builtin
from ingest.tables import parse_table

TABLE = "networks.tsv"
MAX_WEIGHT = 0.25
_COLUMNS = ("network", "function", "weight", "note")


@dataclass(frozen=True, slots=True)
class Membership:
    """Claims of one atlas' networks; ``unmapped`` counts regions by networks without a function."""

    source: Source
    claims: tuple[Claim, ...]
    unmapped: Mapping[str, int]


@lru_cache(maxsize=1)
def table() -> Mapping[str, Mapping[str, float]]:
    """Weights by plain network name and function; empty for networks that name none.

    Raises:
        InvalidInput: a function that is not in the tree, or a weight outside (0, .25].

    >>> table()[plain("7_Default_Network_Area")]
    {'action.rest': 0.25}
    """
    known = {term.id for term in builtin.functions()}
    found: dict[str, dict[str, float]] = {}
    for n, row in enumerate(parse_table(builtin.data(TABLE), TABLE, _COLUMNS)[1]):
        functions = found.setdefault(plain(row["network"]), {})
        if not row["function"]:
            continue
        weight = float(row["weight"])
        if row["function"] not in known or not 0 < weight <= MAX_WEIGHT:
            raise InvalidInput(
                f"{TABLE}[{n}]",
                found=f"{row['function']!r} with weight {weight:g}",
                expected=f"a function of the tree, a weight in (0, {MAX_WEIGHT:g}]",
            )
        functions[row["function"]] = weight
    return found


def plain(network: str) -> str:
    """A network's name as it is compared.

    >>> plain("3_Dorsal_Attention "), plain("fronto-parietal")
    ('dorsalattention', 'frontoparietal')
    """
    return re.sub(r"[\s_-]+", "", re.sub(r"^\s*\d+_", "", network)).casefold()


def membership(atlas: str, regions: Sequence[Region]) -> Membership:
    """What the networks of an atlas' regions say, or the regions that are networks themselves.

    Raises:
        InvalidInput: no region of the atlas names a network.
    """
    networks = {region.id: _network(region) for region in regions}
    if not any(networks.values()):
        raise InvalidInput(
            "atlas",
            found=f"{atlas}, whose regions name no network",
            expected="an atlas whose regions do, such as dosenbach160",
        )
    text = builtin.data(TABLE)
    source = Source(
        id=f"networks:{atlas}",
        name=f"Functional networks of {atlas}",
        version="networks.tsv 1",
        citation="Dosenbach 2010, Power 2011, Yeo 2011, Schaefer 2018, Seitzman 2020",
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
    claims: list[Claim] = []
    unmapped: Counter[str] = Counter()
    for region in regions:
        network = networks[region.id]
        functions = table().get(plain(network), {})
        if network and not functions:
            unmapped[network] += 1
        claims += [
            Claim(
                id=f"{source.id}:{region.id}:{function}",
                region=region.id,
                function=function,
                source=source.id,
                statistic="membership",
                value=1.0,
                weight=weight,
                inference="network",
                rationale=f"region of the network {network}",
            )
            for function, weight in functions.items()
        ]
    return Membership(source, tuple(claims), dict(unmapped))


def _network(region: Region) -> str:
    """The network of a region; in an atlas of networks (Yeo) its own name."""
    return region.network or (region.name if plain(region.name) in table() else "")
