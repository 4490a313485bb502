"""Functional networks as evidence: what a region's network says of it, and how little."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from atlas.errors import InvalidInput
from atlas.model import Claim, Region, Source
from ingest import builtin
from ingest.tables import parse_table

TABLE = "networks.tsv"
MAX_WEIGHT = 0.25
LEAST_SHARE = 0.5
"""Least share of a region in a network of another atlas for it to be a member."""

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
    source = _source(f"networks:{atlas}", f"Functional networks of {atlas}")
    members = {id: (network, 1.0) for id, network in networks.items() if network}
    return _membership(source, members, "membership")


def by_overlap(
    atlas: str,
    regions: Sequence[Region],
    other: str,
    networks: Sequence[Region],
    shares: Iterable[tuple[str, str, float]],
) -> Membership:
    """What the networks say that an atlas' regions lie in: a source weaker than named membership.

    A region belongs to the network that holds most of it, if that is :data:`LEAST_SHARE` or more;
    the weight is the network's times that share.

    Args:
        atlas: id of the atlas.
        regions: its regions.
        other: id of an atlas whose regions are networks or name them (Yeo's 7 or 17).
        networks: the regions of that one.
        shares: region, region of the other, share of the first that lies in the second.

    Raises:
        InvalidInput: the other atlas names no network, or nothing lies in any.
    """
    names = {region.id: _network(region) for region in networks}
    known = {region.id for region in regions}
    held: dict[str, dict[str, float]] = {}
    for region, of, share in shares:
        if region in known and names.get(of):
            own = held.setdefault(region, {})
            own[names[of]] = own.get(names[of], 0.0) + share
    best = {id: max(found.items(), key=lambda item: item[1]) for id, found in held.items()}
    members = {id: (name, min(1.0, share)) for id, (name, share) in best.items()}
    members = {id: one for id, one in members.items() if one[1] >= LEAST_SHARE}
    if not members:
        raise InvalidInput(
            "networks",
            found=f"{other}, which holds no region of {atlas}",
            expected=f"an atlas of networks that holds {LEAST_SHARE:.0%} of some region",
        )
    source = _source(
        f"networks:{atlas}:{other}", f"Functional networks of {other} that hold regions of {atlas}"
    )
    return _membership(source, members, "overlap")


def _source(id: str, name: str) -> Source:
    text = builtin.data(TABLE)
    return Source(
        id=id,
        name=name,
        version="networks.tsv 1",
        citation="Dosenbach 2010, Power 2011, Yeo 2011, Schaefer 2018, Seitzman 2020",
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def _membership(
    source: Source, members: Mapping[str, tuple[str, float]], statistic: str
) -> Membership:
    """Claims of regions by their network and the share of them that it holds."""
    claims: list[Claim] = []
    unmapped: Counter[str] = Counter()
    for region, (network, share) in members.items():
        functions = table().get(plain(network), {})
        if not functions:
            unmapped[network] += 1
        held = "" if statistic == "membership" else f", which holds {share:.0%} of it"
        claims += [
            Claim(
                id=f"{source.id}:{region}:{function}",
                region=region,
                function=function,
                source=source.id,
                statistic=statistic,
                value=share,
                weight=weight * share,
                inference="network",
                rationale=f"region of the network {network}{held}",
            )
            for function, weight in functions.items()
        ]
    return Membership(source, tuple(claims), dict(unmapped))


def _network(region: Region) -> str:
    """The network of a region; in an atlas of networks (Yeo) its own name."""
    return region.network or (region.name if plain(region.name) in table() else "")
