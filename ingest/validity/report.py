"""``docs/validity.md``: the numbers, how they were computed, and the command that does it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

BARS = {
    "brainnetome_auc": ("mean", 0.88),
    "neurosynth_correlation": ("median", 0.70),
    "decoding_auc": ("median", None),
}
"""Which number of a measure counts, and what it must reach at least (None: it is reported)."""

_TITLES = {
    "brainnetome_auc": "Agreement with the Brainnetome table",
    "neurosynth_correlation": "Correlation with the published Neurosynth z",
    "decoding_auc": "Decoding of single studies",
}

_HOW = {
    "brainnetome_auc": "NeuroQuery's peaks (duplicates dropped, Talairach studies converted, "
    "nearest region within 4 mm), z stratified by peaks per study, for the functions of the "
    "built-in tree that stand for a BrainMap domain (`ingest/data/functions.tsv`). Per domain: "
    "AUC of z over the 246 regions for those that the atlas' published forward table (BrainMap, "
    "FDR q < .05) lists. Domains with at least five listed regions count; the mean over every "
    "mapped domain is given beside it.",
    "neurosynth_correlation": "The plain signed chi-squared (Neurosynth's own statistic, not the "
    "stratified one) of NeuroQuery's words over the 100 cortical parcels of Schaefer 2018, "
    "against the published mean association z of the parcels (Hansen et al. 2022). Per term: "
    "Pearson's correlation over parcels. The studies of both overlap: this shows that the method "
    "does what the published one does, it is no independent evidence.",
    "decoding_auc": "Words in at least 40 studies that are a Cognitive Atlas concept, or in "
    "NeuroQuery's category psychology and not anatomy, without the stop list. Five random folds "
    "of all studies (seed 0). Naive Bayes on the binary regions (246, Brainnetome) of the "
    "training folds scores each held-out study for each word; AUC per word, mean over folds. One "
    "study's table of peaks says little about its abstract, so values are far below 1.",
}


_LIMITS = (
    "## What the numbers of a decoding do not say",
    "",
    "- The p of a correlation with an unthresholded map takes regions as independent. Neighbours",
    "  are alike, in maps and in evidence, so p is too small: it orders functions, it proves none.",
    "  Maps with the same spatial autocorrelation would be the fair comparison (Burt et al. 2020,",
    "  NeuroImage 220:117038); none is computed here.",
    "- The t of a time series models noise that is autoregressive of order one (`ar1`), as nilearn",
    "  does; many regions are tested, and only `fdr` takes that into account.",
)


def render(found: Mapping[str, Mapping[str, Any]]) -> str:
    """The page as text (Markdown), from what :func:`ingest.validity.validate.validate` returns."""
    lines = [
        "# Validity",
        "",
        "Does the evidence that the project computes say what others found? Recompute with",
        "`neuroweave validate --data DIR --out docs/validity.md`, where DIR holds `functions`,",
        "`atlases` and `research_only` of your own copy of the data. Only summaries are kept.",
        "",
        "| measure | number | value | bar | n |",
        "|---|---|---|---|---|",
    ]
    for name, (number, bar) in BARS.items():
        m = found[name]
        shown = "reported" if bar is None else f"≥ {bar:.2f}"
        lines.append(f"| {_TITLES[name]} | {number} | {m[number]:.3f} | {shown} | {m['n']} |")
    for name, title in _TITLES.items():
        m = found[name]
        lines += ["", f"## {title}", "", _HOW[name], ""]
        text = f"Median {m['median']:.3f}, mean {m['mean']:.3f} of {m['n']}."
        if m["all_n"] != m["n"]:
            text += f" Mean of all {m['all_n']} mapped: {m['all_mean']:.3f}."
        lines += [text, "", "| best | | worst | |", "|---|---|---|---|"]
        lines += [
            f"| {good} | {high:.3f} | {bad} | {low:.3f} |"
            for (good, high), (bad, low) in zip(m["best"], m["worst"], strict=True)
        ]
    return "\n".join([*lines, "", *_LIMITS]) + "\n"


def missed(found: Mapping[str, Mapping[str, Any]]) -> Sequence[str]:
    """Measures below their bar."""
    return [
        name
        for name, (number, bar) in BARS.items()
        if bar is not None and found[name][number] < bar
    ]
