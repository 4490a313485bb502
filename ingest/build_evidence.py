"""Compute the built-in evidence from NeuroQuery's studies.

Run ``python -m ingest.build_evidence --data <folder of NeuroQuery version 1> [--spaces <folder of
Neurosynth version 7>] --out ingest/data/evidence.tsv --matrix
ingest/data/evidence_matrix.tsv.gz``. The same inputs give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from atlas.errors import NeuroweaveError
from atlas.model import Atlas, Source
from ingest import builtin, evidence, evidence_matrix, neuroquery, neurosynth
from ingest.compute import matrix_of
from ingest.coordinates import dosenbach160, seitzman300
from ingest.meta import associate
from ingest.studies import Studies, binary_regions

MAX_MM = 4.0
_COMMAND = "python -m ingest.build_evidence --data <neuroquery folder>"


def build(data: Path, spaces: Path | None = None) -> tuple[str, bytes]:
    """The whole table of significant pairs as text, and the file with all pairs.

    Args:
        data: folder of NeuroQuery version 1.
        spaces: folder of Neurosynth version 7, for the Talairach studies; None converts nothing.

    Raises:
        InvalidInput: a file is missing or does not fit.
    """
    studies = neuroquery.load_studies(data, builtin.terms(), spaces)
    atlases = (dosenbach160(), seitzman300())
    provenance = _provenance(data, spaces, studies, atlases)
    source = Source(provenance["source"], provenance["name"])
    found, matrices = [], []
    for atlas in atlases:
        regions = binary_regions(studies, atlas, MAX_MM)
        result = associate(regions, studies.functions, studies.peaks_per_study)
        ids = [region.id for region in atlas.regions]
        found += evidence.rows(result, ids, studies.names)
        matrices.append(matrix_of(result, ids, studies.names, source, "functions"))
    text = evidence.render(provenance, found)
    return text, evidence_matrix.render(_of_all_pairs(provenance), matrices)


def _of_all_pairs(provenance: Mapping[str, str]) -> dict[str, str]:
    """The header of the matrix: the same origin, other contents."""
    method = provenance["method"].partition("; q ")[0] + "; all pairs"
    columns = (
        "a cell: studies with both, z; first row: all studies, then those of each function; "
        "second column: studies of the region"
    )
    command = f"{provenance['command']} --matrix ingest/data/evidence_matrix.tsv.gz"
    return {**provenance, "method": method, "columns": columns, "command": command}


def _provenance(
    data: Path, spaces: Path | None, studies: Studies, atlases: Sequence[Atlas]
) -> dict[str, str]:
    citation = "Dockes et al. 2020, eLife 9:e53385, doi:10.7554/eLife.53385"
    licence, option = "BSD-3-Clause", ""
    if spaces is not None:
        licence = "ODbL-1.0 (https://opendatacommons.org/licenses/odbl/1-0/)"
        licence += "; NeuroQuery's part BSD-3-Clause"
        citation += "; Yarkoni et al. 2011, Nat Methods 8:665, doi:10.1038/nmeth.1635 (spaces)"
        option = " --spaces <neurosynth_v7 folder>"
    header = {
        "source": "neuroquery-cmh",
        "name": "Meta-analysis of NeuroQuery's studies, Cochran-Mantel-Haenszel",
        "version": "neuroquery_data version 1, method 1",
        "licence": licence,
        "citation": citation,
        "url": "https://github.com/neuroquery/neuroquery_data",
        "command": f"{_COMMAND}{option} --out ingest/data/evidence.tsv",
        "studies": f"{len(studies.ids)} with {len(studies.xyz)} usable peaks",
        "cleaning": ", ".join(f"{key} {value}" for key, value in studies.cleaning.items()),
        "method": f"peak to the nearest region within {MAX_MM:g} mm; studies counted once per "
        "region and function; z stratified by deciles of peaks per study; q Benjamini-Hochberg "
        "over all pairs of an atlas; kept q < .05, z > 0, 5 studies, lower > 0",
        "columns": "counts in studies; lower = 95 % bound of the log odds ratio (counts + 0.5); "
        "weight = min(lower / ln 2, 3) / 3; z and q need the strata and cannot be had from the "
        "four counts alone",
    }
    names = [neuroquery.COORDINATES, neuroquery.METADATA, neuroquery.VOCABULARY]
    files = [data / name for name in (*names, *neuroquery.COUNTS)]
    files += [spaces / neurosynth.METADATA] if spaces is not None else []
    header |= {f"sha256 {path.name}": _sha256(path.read_bytes()) for path in files}
    header |= {f"sha256 atlas {atlas.id}": atlas.source.sha256 for atlas in atlases}
    return header | {"sha256 functions.tsv": _sha256(builtin.data("functions.tsv").encode())}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="ingest.build_evidence", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of NeuroQuery version 1")
    parser.add_argument("--spaces", type=Path, help="folder of Neurosynth version 7")
    parser.add_argument("--out", type=Path, required=True, help="table to write")
    parser.add_argument("--matrix", type=Path, help="file of all pairs to write")
    options = parser.parse_args(arguments)
    try:
        text, matrix = build(options.data, options.spaces)
    except NeuroweaveError as error:
        print(error, file=sys.stderr)
        return 2 if error.status < 500 else 1
    options.out.write_bytes(text.encode())
    if options.matrix:
        options.matrix.write_bytes(matrix)
        print(f"{len(matrix):,} bytes: {options.matrix}")
    print(f"{text.count(chr(10))} lines, {len(text.encode()):,} bytes: {options.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
