"""An activation as files that other programs read: GraphML, CSV, a NIfTI mask, BIDS dseg."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from atlas.common_grid import Grid, load_body, positions
from atlas.errors import InvalidInput
from atlas.networks import measures, to_networkx
from atlas.spaces import TALAIRACH, require_space
from atlas.spreadsheet import csv_table
from atlas.whole_files import require_ending
from composer.activation import Activation
from graph import selection
from graph.store import Store

if TYPE_CHECKING:
    import networkx as nx

Format = Literal["graphml", "csv", "nifti", "dseg"]
FORMATS: tuple[Format, ...] = get_args(Format)
MEDIA = {
    "graphml": "application/xml",
    "csv": "text/csv; charset=utf-8",
    "nifti": "application/gzip",
    "dseg": "application/zip",
}
ENDINGS: dict[Format, str] = {
    "graphml": ".graphml",
    "csv": ".csv",
    "nifti": ".nii.gz",
    "dseg": ".zip",
}

_MM = 2.0
_STANDARD = Grid(
    np.array([[_MM, 0, 0, -90.0], [0, _MM, 0, -126.0], [0, 0, _MM, -72.0], [0, 0, 0, 1]]),
    (91, 109, 91),
)
"""The 2 mm grid of MNI152NLin6Asym, for atlases of spheres, which have none."""


@dataclass(frozen=True, slots=True)
class Export:
    """One file: what it should be called, its media type and its bytes."""

    name: str
    media_type: str
    content: bytes


def require_format(format: str) -> Format:
    """Tell that this is one of :data:`FORMATS`.

    Raises:
        InvalidInput: it is not.
    """
    for known in FORMATS:
        if known == format:
            return known
    raise InvalidInput("format", found=repr(format), expected="one of " + ", ".join(FORMATS))


def format_of(path: Path, format: str | None = None) -> Format:
    """Tell the format of a file by its ending, or that the ending fits the format.

    Raises:
        InvalidInput: another format, or an ending that says something else.

    >>> format_of(Path("active.nii.gz"))
    'nifti'
    """
    formats = FORMATS if format is None else (require_format(format),)
    ending = require_ending(path, *(ENDINGS[known] for known in formats), field="out")
    return next(known for known in formats if ENDINGS[known] == ending)


def network(store: Store, activation: Activation) -> nx.Graph:
    """The active regions with the connections among them, and graph measures on the nodes."""
    strengths = activation.pattern.strengths
    rows = selection.connectivity(store, strengths)
    graph = to_networkx(activation.atlas.regions, strengths, rows)
    for row in measures(graph):
        values = asdict(row)
        graph.nodes[values.pop("region")].update(values)
    graph.graph.update(atlas=activation.atlas.id, space=activation.atlas.space)
    return graph


def export(store: Store, activation: Activation, format: str) -> Export:
    """Write an activation in one of :data:`FORMATS`.

    - ``graphml``: the network of the active regions, as :func:`network` gives it.
    - ``csv``: a row for each region, strongest first, with the graph measures.
    - ``nifti``: a map in which each region's voxels have its weight, on the grid of the atlas
      (spheres: the 2 mm grid of MNI152NLin6Asym).
    - ``dseg``: a BIDS discrete segmentation with its table, zipped: ``<name>_dseg.nii.gz`` whose
      voxels hold the atlas' own labels and ``<name>_dseg.tsv`` that says what they are.

    Equal activations give equal bytes.

    Raises:
        InvalidInput: another format, or nothing is active.
        Unavailable: the atlas' voxels cannot be read.
    """
    known = require_format(format)
    if not activation.pattern.regions:
        raise InvalidInput("activation", found="no active region", expected="at least one")
    if known == "graphml":
        content = _graphml(network(store, activation))
    elif known == "csv":
        content = _csv(network(store, activation), activation)
    elif known == "nifti":
        content = _nifti(*_painted(activation, weights=True), activation.atlas.space)
    else:
        content = _dseg(activation)
    name = _name(activation) + ("_dseg" if known == "dseg" else "") + ENDINGS[known]
    return Export(name, MEDIA[known], content)


def _name(activation: Activation) -> str:
    safe = "".join(c for c in activation.atlas.id if c.isascii() and c.isalnum())
    return f"atlas-{safe}_desc-active"


def _graphml(graph: nx.Graph) -> bytes:
    import networkx as nx

    buffer = io.BytesIO()
    nx.write_graphml_xml(graph, buffer)
    return buffer.getvalue()


_COLUMNS = (
    "id",
    "name",
    "hemisphere",
    "network",
    "x",
    "y",
    "z",
    "weight",
    "covered",
    "mean",
    "degree",
    "strength",
    "betweenness",
    "community",
)


def _csv(graph: nx.Graph, activation: Activation) -> bytes:
    rows = []
    for active in activation.pattern.regions:
        own = {"id": active.region, "covered": active.covered, "mean": active.mean}
        row = {**graph.nodes[active.region], **own}
        rows.append([row.get(column) for column in _COLUMNS])
    return csv_table(_COLUMNS, rows)


def _painted(activation: Activation, *, weights: bool) -> tuple[NDArray[Any], Grid]:
    """Voxels of the active regions with their weight or their label."""
    body = load_body(activation.atlas)
    grid = _STANDARD if body.volume is None else Grid(body.volume.affine, body.volume.shape)
    found = positions(body, grid, activation.atlas.space)
    strengths, regions = activation.pattern.strengths, activation.atlas.regions
    values = np.zeros(len(regions) + 1, dtype=np.float32 if weights else np.int32)
    for place, region in enumerate(regions, start=1):
        if region.id in strengths:
            values[place] = strengths[region.id] if weights else _index(region.label, place)
    return values[found], grid


def _index(label: str, place: int) -> int:
    """The voxel value of a region: its own label, or its place where labels are words."""
    return int(label) if label.isascii() and label.isdecimal() else place


def _nifti(data: NDArray[Any], grid: Grid, space: str) -> bytes:
    import nibabel

    image: Any = nibabel.Nifti1Image(data, grid.affine)  # type: ignore[no-untyped-call]
    image.header.set_xyzt_units("mm")
    code = 3 if require_space(space) == TALAIRACH else 4  # 4: MNI152
    image.header.set_sform(grid.affine, code=code)
    image.header.set_qform(grid.affine, code=code)
    return gzip.compress(image.to_bytes(), 6, mtime=0)


def _dseg(activation: Activation) -> bytes:
    strengths = activation.pattern.strengths
    rows = [
        {
            "index": _index(region.label, place),
            "name": region.name,
            "abbreviation": region.abbreviation or "n/a",
            "hemisphere": region.hemisphere,
            "weight": strengths[region.id],
        }
        for place, region in enumerate(activation.atlas.regions, start=1)
        if region.id in strengths
    ]
    table = io.StringIO()
    columns = ("index", "name", "abbreviation", "hemisphere", "weight")
    writer = csv.DictWriter(table, columns, delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    files = {
        "_dseg.nii.gz": _nifti(*_painted(activation, weights=False), activation.atlas.space),
        "_dseg.tsv": table.getvalue().encode(),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for suffix, content in files.items():
            # A fixed date, so that equal activations give equal bytes.
            archive.writestr(zipfile.ZipInfo(_name(activation) + suffix), content)
    return buffer.getvalue()
