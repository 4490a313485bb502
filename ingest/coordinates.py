"""Coordinate atlases that nilearn carries: Dosenbach 160 and Seitzman 300, as spheres."""

from __future__ import annotations

import csv
import hashlib
import math
import re
from pathlib import Path

from atlas.errors import InvalidInput
from atlas.model import Atlas, Hemisphere, Region, Source
from atlas.spaces import MNI
from ingest.nilearn_data import nilearn_version, packaged

DOSENBACH_RADIUS_MM = 5.0
"""Dosenbach et al. 2010 drew spheres of 10 mm diameter; nilearn's table has no radii."""


def dosenbach160() -> Atlas:
    """The 160 regions of Dosenbach et al. 2010, in MNI, with their six networks.

    Labels are the table's numbers (1 to 160); names are nilearn's own, ``vmPFC 1``.

    Raises:
        Unavailable: nilearn is missing.
        InvalidInput: the table is not the one expected.
    """
    path = packaged("dosenbach_2010.csv")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    regions = []
    for row in rows:
        x, y, z = (float(row[axis]) for axis in "xyz")
        regions.append(
            Region(
                id=f"dosenbach160:{row['number']}",
                label=row["number"],
                name=f"{row['name']} {row['number']}",
                hemisphere=_side(x, DOSENBACH_RADIUS_MM),
                x=x,
                y=y,
                z=z,
                abbreviation=row["name"],
                volume_mm3=_volume(DOSENBACH_RADIUS_MM),
                radius_mm=DOSENBACH_RADIUS_MM,
                network=row["network"],
            )
        )
    _expect(path, len(regions), 160)
    source = _source(
        "dosenbach2010",
        "Dosenbach et al. 2010, 160 regions of interest",
        "Dosenbach et al. 2010, Science 329:1358-1361, doi:10.1126/science.1194144",
        path,
    )
    return Atlas(
        "dosenbach160", "Dosenbach 160", MNI, source, "2010", "MNI152", "spheres", tuple(regions)
    )


def seitzman300() -> Atlas:
    """The 300 regions of Seitzman et al. 2020, in MNI, with radii, structures and networks.

    Labels are the rows of the published table (1 to 300); it has no names, so they are made of
    side, structure, network and label: ``left cortex Auditory 69``.

    Raises:
        Unavailable: nilearn is missing.
        InvalidInput: the tables are not the ones expected or do not match.
    """
    path = packaged("seitzman_2018_ROIs_300inVol_MNI_allInfo.txt")
    anatomy = packaged("seitzman_2018_ROIs_anatomicalLabels.txt")
    codes, *labels = anatomy.read_text().split()
    structures = dict(pair.split("=") for pair in codes.split(","))
    with path.open() as file:
        rows = list(csv.DictReader(file, delimiter=" "))
    _expect(path, len(rows), 300)
    _expect(anatomy, len(labels), 300)
    regions = tuple(
        _seitzman_region(number, row, structures[label])
        for number, (row, label) in enumerate(zip(rows, labels, strict=True), start=1)
    )
    source = _source(
        "seitzman2020",
        "Seitzman et al. 2020, 300 regions of interest",
        "Seitzman et al. 2020, NeuroImage 206:116290, doi:10.1016/j.neuroimage.2019.116290",
        path,
        anatomy,
    )
    return Atlas("seitzman300", "Seitzman 300", MNI, source, "2018", "MNI152", "spheres", regions)


def _seitzman_region(number: int, row: dict[str, str], structure: str) -> Region:
    x, y, z, radius = (float(row[key]) for key in ("x", "y", "z", "radius(mm)"))
    named: dict[str, Hemisphere] = {"L": "left", "R": "right"}
    if match := re.fullmatch(r"cortex(L|R|Mid)", structure):
        side, structure = named.get(match[1], "midline"), "cortex"
    else:
        side, structure = _side(x, radius), _words(structure)
    network = row["netName"]
    return Region(
        id=f"seitzman300:{number}",
        label=str(number),
        name=f"{side} {structure} {network} {number}",
        hemisphere=side,
        x=x,
        y=y,
        z=z,
        abbreviation=structure,
        volume_mm3=_volume(radius),
        radius_mm=radius,
        network=network,
    )


def _side(x: float, radius: float) -> Hemisphere:
    """Hemisphere of a sphere: midline where the centre is within half a radius of it."""
    if abs(x) <= radius / 2:
        return "midline"
    return "left" if x < 0 else "right"


def _volume(radius: float) -> float:
    return round(4 / 3 * math.pi * radius**3, 1)


def _words(name: str) -> str:
    """``basalGanglia`` as ``basal ganglia``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _expect(path: Path, found: int, expected: int) -> None:
    if found != expected:
        raise InvalidInput(path.name, found=f"{found} rows", expected=f"{expected} rows")


def _source(id_: str, name: str, citation: str, *paths: Path) -> Source:
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
    return Source(
        id=id_,
        name=name,
        version=f"as carried by nilearn {nilearn_version()}",
        licence="none stated for the coordinates; nilearn itself is BSD-3-Clause",
        citation=citation,
        url="https://nilearn.github.io/stable/modules/datasets.html",
        sha256=digest,
    )
