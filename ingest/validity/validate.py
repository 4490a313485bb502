"""Recompute the numbers of docs/validity.md from the user's copy of the data."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from atlas.errors import InvalidInput
from atlas.model import Atlas
from atlas.progress import Progress, silent
from ingest import builtin, neuroquery
from ingest.compute import Folders, Options, word_studies
from ingest.meta import associate
from ingest.studies import binary_regions
from ingest.validity.atlases import read_labels
from ingest.validity.measures import auc, correlation, decoding_auc, extremes, random_folds

Ranked = list[tuple[str, float]]

MIN_REGIONS = 5
"""Domains with fewer regions in the table say little about a ranking of 246."""

_BRAINNETOME = "research_only/brainnetome246"
_PUBLISHED = "research_only/neurosynth_terms_schaefer100/ns_scale100.csv"
_SCHAEFER = "atlases/schaefer2018_tian"
_PARCELS = "Schaefer2018_100Parcels_7Networks_order_Tian_Subcortex_S2_MNI152NLin6Asym_2mm.nii.gz"


@dataclass(frozen=True, slots=True)
class Measure:
    """One summary over many: ``n`` of them, their median and mean, the ten best and worst.

    ``all_mean`` and ``all_n`` count those too that had too few regions (else the same).
    """

    n: int
    median: float
    mean: float
    all_n: int
    all_mean: float
    best: Ranked
    worst: Ranked

    @classmethod
    def of(cls, names: list[str], values: list[float], enough: list[bool] | None = None) -> Measure:
        """Summarize named values; only those with ``enough`` count in the first numbers."""
        kept = np.array(enough if enough is not None else [True] * len(values))
        every = np.array(values)
        own = [name for name, keep in zip(names, kept, strict=True) if keep]
        best, worst = extremes(own, every[kept])
        numbers = (float(np.median(every[kept])), float(every[kept].mean()), float(every.mean()))
        median, mean, all_mean = (round(number, 4) for number in numbers)
        return cls(int(kept.sum()), median, mean, len(values), all_mean, best, worst)


def validate(data: Path, progress: Progress | None = None) -> dict[str, dict[str, object]]:
    """Compute all three measures.

    Args:
        data: folder with ``functions``, ``atlases`` and ``research_only``.
        progress: called with a message and the fraction done.

    Returns:
        ``{"brainnetome_auc": …, "neurosynth_correlation": …, "decoding_auc": …}``, each the
        fields of :class:`Measure`.

    Raises:
        InvalidInput: a file is missing.
    """
    say = progress or silent
    folders = Folders.find(data)
    with tempfile.TemporaryDirectory() as home:
        say("reading the Brainnetome volume", 0.0)
        brainnetome = read_labels(
            "brainnetome246",
            data / _BRAINNETOME / "BN_Atlas_246_1mm.nii.gz",
            data / _BRAINNETOME / "brainnetome246_regions.tsv",
            Path(home),
        )
        schaefer = read_labels(
            "schaefer100",
            data / _SCHAEFER / _PARCELS,
            data / _SCHAEFER / "schaefer100_tianS2_regions.tsv",
            Path(home),
        )
        say("agreement with the Brainnetome table", 0.2)
        found = {"brainnetome_auc": asdict(table_agreement(data, folders, brainnetome))}
        say("correlation with the published z", 0.4)
        found["neurosynth_correlation"] = asdict(published_correlation(data, folders, schaefer))
        say("decoding single studies", 0.6)
        found["decoding_auc"] = asdict(single_studies(folders, brainnetome))
    say("done", 1.0)
    return found


def table_agreement(data: Path, folders: Folders, atlas: Atlas) -> Measure:
    """AUC of z for the regions that the published forward table lists, per mapped domain."""
    import pandas as pd

    studies = neuroquery.load_studies(folders.neuroquery, builtin.terms(), folders.neurosynth)
    z = associate(binary_regions(studies, atlas), studies.functions, studies.peaks_per_study).z
    table = pd.read_csv(
        _file(data / _BRAINNETOME / "brainnetome246_functions.tsv.gz"), sep="\t", dtype=str
    )
    table = table[(table["kind"] == "behavioural_domain") & (table["inference"] == "forward")]
    of = {label: set(rows["region_id"]) for label, rows in table.groupby("label")}
    domain = {term.id: term.external_id for term in builtin.functions()}
    names, values, enough = [], [], []
    for j, function in enumerate(studies.names):
        listed = of.get(domain[function], set())
        if listed:
            positive = np.array([region.label in listed for region in atlas.regions])
            names.append(domain[function])
            values.append(auc(z[:, j], positive))
            enough.append(len(listed) >= MIN_REGIONS)
    return Measure.of(names, values, enough)


def published_correlation(data: Path, folders: Folders, atlas: Atlas) -> Measure:
    """Pearson correlation over 100 parcels of our plain z and the published one, per term."""
    import pandas as pd

    published = pd.read_csv(_file(data / _PUBLISHED), index_col=0)
    known = set(neuroquery.vocabulary(folders.neuroquery))
    columns = [name for name in published.columns if name.replace("_", " ") in known]
    words = [name.replace("_", " ") for name in columns]
    studies = neuroquery.load_studies(folders.neuroquery, words, folders.neurosynth)
    z = associate(
        binary_regions(studies, atlas), studies.functions, studies.peaks_per_study, "chi2"
    ).z
    place = {region.name: i for i, region in enumerate(atlas.regions)}
    rows = [place[name] for name in published.index]
    theirs = published[columns].to_numpy(np.float64)
    values = [correlation(z[rows, j], theirs[:, j]) for j in range(len(words))]
    return Measure.of(words, values)


def single_studies(folders: Folders, atlas: Atlas) -> Measure:
    """AUC of telling a held-out study's words of psychology from its regions, five folds."""
    studies = word_studies(folders, Options(terms="psychology", min_function_studies=40))
    regions = binary_regions(studies, atlas)
    values = decoding_auc(regions, studies.functions, random_folds(len(studies.ids)))
    return Measure.of(list(studies.names), values.tolist())


def _file(path: Path) -> Path:
    if not path.is_file():
        raise InvalidInput("data", found=f"no {path.name}", expected="that file")
    return path
