"""Claims and the evidence matrix of any atlas, computed from a peak table of the literature."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from atlas.errors import InvalidInput
from atlas.matrix import EvidenceMatrix, Vocabulary
from atlas.model import Atlas, Claim, Source
from atlas.progress import Progress, silent
from ingest import builtin, evidence, neuroquery, neurosynth
from ingest.meta import STATISTICS, Association, Statistic, associate
from ingest.studies import Studies, Talairach, binary_regions

Terms = Literal["functions", "psychology", "all", "topics"]

_CITATION = "Dockes et al. 2020, eLife 9:e53385, doi:10.7554/eLife.53385"
_NEUROSYNTH = "Yarkoni et al. 2011, Nat Methods 8:665, doi:10.1038/nmeth.1635"
_ODBL = "ODbL-1.0 (https://opendatacommons.org/licenses/odbl/1-0/)"


@dataclass(frozen=True, slots=True)
class Options:
    """How evidence is computed.

    ``terms`` names the columns of the full matrix: the functions of the tree, NeuroQuery's words
    of psychology, all its words, or Neurosynth's topics. A claim needs q below ``q``,
    ``min_studies`` studies that report both, and a function in ``min_function_studies``; the last
    also thins the words of the matrix. ``max_mm`` is how far from a region a peak still counts.
    """

    terms: Terms = "functions"
    statistic: Statistic = "cmh"
    min_studies: int = 5
    min_function_studies: int = 0
    q: float = 0.05
    max_mm: float = 4.0
    talairach: Talairach = "convert"

    def __post_init__(self) -> None:
        for name, kinds in (("terms", Terms), ("statistic", Statistic), ("talairach", Talairach)):
            if getattr(self, name) not in get_args(kinds):
                expected = f"one of {', '.join(get_args(kinds))}"
                raise InvalidInput(name, found=repr(getattr(self, name)), expected=expected)
        if not 0 < self.q <= 1 or self.max_mm < 0 or self.min_studies < 0:
            found = f"q {self.q}, max_mm {self.max_mm}, min_studies {self.min_studies}"
            raise InvalidInput("options", found=found, expected="0 < q <= 1, the others from 0 up")


@dataclass(frozen=True, slots=True)
class Computed:
    """What came out: claims of one source, and matrices with theirs (functions first)."""

    source: Source
    claims: list[Claim]
    matrices: list[tuple[Source, EvidenceMatrix]]
    n_studies: int
    n_peaks: int
    cleaning: dict[str, int]


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the databases are; ``spaces`` and ``concepts`` may be absent."""

    neuroquery: Path
    neurosynth: Path | None = None
    cognitive_atlas: Path | None = None

    @classmethod
    def find(cls, data: Path, spaces: Path | None = None) -> Folders:
        """From NeuroQuery's own folder, or one that holds it beside Neurosynth's.

        Raises:
            InvalidInput: NeuroQuery's coordinates are in none of the usual places.
        """
        roots = [data, data / "functions", data.parent]
        found = [p for r in roots for p in (r, r / "neuroquery") if _has(p, neuroquery.COORDINATES)]
        if not found:
            expected = f"a folder with {neuroquery.COORDINATES}"
            raise InvalidInput("data", found=str(data), expected=expected)
        home = found[0].parent
        beside = home / "neurosynth_v7"
        known = spaces or (beside if _has(beside, neurosynth.METADATA) else None)
        concepts = home / "cognitive_atlas"
        return cls(found[0], known, concepts if concepts.is_dir() else None)


def compute(
    atlas: Atlas, folders: Folders, options: Options, progress: Progress | None = None
) -> Computed:
    """Run the meta-analysis of the mapped functions, and of the words asked for, over an atlas.

    Args:
        atlas: with its regions, in a space with a transform to MNI.
        folders: the databases on this machine.
        options: see :class:`Options`.
        progress: called with a message and the fraction done.

    Raises:
        InvalidInput: a file is missing or does not fit.
    """
    say = progress or silent
    say("reading NeuroQuery's studies", 0.0)
    studies = neuroquery.load_studies(
        folders.neuroquery, builtin.terms(), folders.neurosynth, options.talairach
    )
    source = _source(f"neuroquery-{options.statistic}-{atlas.id}", atlas, folders, options)
    say(f"{len(studies.xyz):,} peaks to {len(atlas.regions)} regions", 0.2)
    result = _associate(studies, atlas, options)
    kept = result.significant(options.q, options.min_studies, options.min_function_studies)
    regions = [region.id for region in atlas.regions]
    found = evidence.rows(result, regions, studies.names, kept)
    claims = [evidence.claim(row, source, STATISTICS[options.statistic]) for row in found]
    matrices = [(source, matrix_of(result, regions, studies.names, source, "functions"))]
    if options.terms != "functions":
        say(f"every region with the words ({options.terms})", 0.5)
        matrices.append(_words(atlas, folders, options))
    say(f"{len(claims):,} claims", 1.0)
    return Computed(
        source, claims, matrices, len(studies.ids), len(studies.xyz), dict(studies.cleaning)
    )


def matrix_of(
    result: Association,
    regions: list[str],
    names: tuple[str, ...],
    source: Source,
    vocabulary: Vocabulary,
) -> EvidenceMatrix:
    """The whole of an analysis as it is stored."""
    counts = result.counts
    return EvidenceMatrix(
        tuple(regions),
        names,
        result.z.astype(np.float32),
        counts.both,
        counts.with_region,
        counts.with_function,
        counts.n_studies,
        source.id,
        STATISTICS[result.statistic],
        vocabulary,
    )


def _words(atlas: Atlas, folders: Folders, options: Options) -> tuple[Source, EvidenceMatrix]:
    database = "neurosynth" if options.terms == "topics" else "neuroquery"
    id = f"{database}-{options.statistic}-{options.terms}-{atlas.id}"
    source = _source(id, atlas, folders, options)
    studies = word_studies(folders, options)
    result = _associate(studies, atlas, options)
    regions = [region.id for region in atlas.regions]
    return source, matrix_of(result, regions, studies.names, source, "terms")


def word_studies(folders: Folders, options: Options) -> Studies:
    """The studies with the words or topics that ``options.terms`` asks for.

    Raises:
        InvalidInput: topics without Neurosynth's folder, or a missing file.
    """
    if options.terms == "topics":
        if folders.neurosynth is None:
            raise InvalidInput("spaces", found="none", expected="Neurosynth version 7 for topics")
        studies = neurosynth.load_studies(folders.neurosynth, talairach=options.talairach)
    else:
        stop = builtin.stop_words()
        if options.terms == "psychology":
            words = neuroquery.psychology_words(folders.neuroquery, concepts(folders))
        else:
            words = neuroquery.vocabulary(folders.neuroquery)
        studies = neuroquery.load_studies(
            folders.neuroquery,
            [word for word in words if word not in stop],
            folders.neurosynth,
            options.talairach,
        )
    enough = np.flatnonzero(studies.functions.sum(axis=0) >= max(1, options.min_function_studies))
    names = tuple(studies.names[i] for i in enough)
    return replace(studies, functions=studies.functions[:, enough], names=names)


def concepts(folders: Folders) -> frozenset[str]:
    """Names of the Cognitive Atlas' concepts in lower case; empty where it is not there."""
    if folders.cognitive_atlas is None:
        return frozenset()
    import pandas as pd

    table = pd.read_csv(folders.cognitive_atlas / "cogat_concepts.tsv", sep="\t", usecols=["name"])
    return frozenset(table["name"].dropna().str.lower())


def _associate(studies: Studies, atlas: Atlas, options: Options) -> Association:
    regions = binary_regions(studies, atlas, options.max_mm)
    return associate(regions, studies.functions, studies.peaks_per_study, options.statistic)


def _source(id: str, atlas: Atlas, folders: Folders, options: Options) -> Source:
    """The record of where the numbers come from; its sha256 is that of data and options."""
    topics = id.startswith("neurosynth")
    made = {**asdict(options), "atlas": atlas.id, "spaces": folders.neurosynth is not None}
    digest = hashlib.sha256(json.dumps(made, sort_keys=True).encode())
    digest.update(builtin.data("functions.tsv").encode())
    names = neurosynth.COORDINATES if topics else neuroquery.COORDINATES
    folder = folders.neurosynth if topics and folders.neurosynth else folders.neuroquery
    digest.update((folder / names).read_bytes())
    database = "Neurosynth" if topics else "NeuroQuery"
    return Source(
        id=id,
        name=f"Meta-analysis of {database}'s studies over {atlas.name}, "
        f"{STATISTICS[options.statistic]}",
        version=f"peaks within {options.max_mm:g} mm, Talairach {options.talairach}, "
        f"q < {options.q:g}, {options.min_studies} studies",
        licence=_ODBL if folders.neurosynth else "BSD-3-Clause",
        citation=_NEUROSYNTH
        if topics
        else f"{_CITATION}; {_NEUROSYNTH} (spaces)"
        if folders.neurosynth
        else _CITATION,
        url="https://github.com/neurosynth/neurosynth-data"
        if topics
        else "https://github.com/neuroquery/neuroquery_data",
        sha256=digest.hexdigest(),
    )


def _has(folder: Path, name: str) -> bool:
    return (folder / name).is_file()
