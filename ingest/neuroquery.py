"""NeuroQuery's studies: peaks cleaned and brought to MNI, and which functions they are about."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array, csr_array, load_npz

from atlas.errors import InvalidInput
from ingest import neurosynth
from ingest.studies import Studies, Talairach, binary, clean, file

_PREFIX = "data-neuroquery_version-1_"
COORDINATES = f"{_PREFIX}coordinates.tsv.gz"
METADATA = f"{_PREFIX}metadata.tsv.gz"
VOCABULARY = f"{_PREFIX}vocab-neuroquery7547_vocabulary.txt"
COUNTS = tuple(
    f"{_PREFIX}vocab-neuroquery7547_source-{part}_type-count_features.npz"
    for part in ("abstract", "title", "keywords")
)
CATEGORIES = f"{_PREFIX}termcategories.csv.gz"


def load_studies(
    folder: Path,
    terms: Mapping[str, Sequence[str]] | Sequence[str],
    spaces: Path | None = None,
    talairach: Talairach = "convert",
) -> Studies:
    """Read and clean NeuroQuery version 1 (see :func:`ingest.studies.clean`).

    Args:
        folder: where NeuroQuery's files are.
        terms: words that stand for each function (see :func:`binary_functions`), or plain words,
            each of which is a function of its own.
        spaces: folder of Neurosynth version 7, whose metadata have a column ``space``; without
            it no study is known to be Talairach.
        talairach: what to do with studies that are.

    Raises:
        InvalidInput: a file is missing, or a term is not in the vocabulary.
    """
    import pandas as pd

    peaks = pd.read_csv(file(folder, COORDINATES), sep="\t", usecols=["id", "x", "y", "z"])
    ids = pd.read_csv(file(folder, METADATA), sep="\t", usecols=["id"])["id"].to_numpy(np.int64)
    foreign = None if spaces is None else neurosynth.talairach_ids(spaces)
    cleaned = clean(
        ids,
        peaks["id"].to_numpy(np.int64),
        peaks[["x", "y", "z"]].to_numpy(np.float64),
        foreign,
        talairach,
    )
    words, counts = vocabulary(folder), _term_counts(folder)
    if isinstance(terms, Mapping):
        names, functions = binary_functions(counts, words, terms)
    else:
        names, functions = tuple(terms), binary_words(counts, words, terms)
    return cleaned.about(names, functions)


def binary_words(counts: csr_array, vocabulary: Sequence[str], words: Sequence[str]) -> csr_array:
    """Which study uses which of some words, (n_studies, n_words) binary.

    Raises:
        InvalidInput: a word that is not in the vocabulary.
    """
    column = {word: i for i, word in enumerate(vocabulary)}
    if missing := [word for word in words if word not in column]:
        raise InvalidInput("terms", found=repr(missing[0]), expected="NeuroQuery words")
    return binary(csr_array(counts[:, [column[word] for word in words]]))


def binary_functions(
    counts: csr_array, vocabulary: Sequence[str], terms: Mapping[str, Sequence[str]]
) -> tuple[tuple[str, ...], csr_array]:
    """Which study is about which function: any word of it, or of a function below it, occurs.

    Args:
        counts: (n_studies, n_words) word counts.
        vocabulary: the words, in the order of the columns.
        terms: words per function id; functions without words are headings and are left out.

    Returns:
        The function ids and the binary (n_studies, n_functions) matrix.

    Raises:
        InvalidInput: a word that is not in the vocabulary, or a vocabulary of another length.
    """
    if counts.shape[1] != len(vocabulary):
        raise InvalidInput(
            "vocabulary", found=f"{len(vocabulary)} words", expected=f"{counts.shape[1]}"
        )
    column = {word: i for i, word in enumerate(vocabulary)}
    names = tuple(function for function in terms if terms[function])
    rows, cols = [], []
    for j, name in enumerate(names):
        words = {
            word
            for function, own in terms.items()
            if f"{function}.".startswith(f"{name}.")
            for word in own
        }
        for word in sorted(words):
            if word not in column:
                raise InvalidInput(
                    f"functions.{name}.terms", found=repr(word), expected="a NeuroQuery word"
                )
            rows.append(column[word])
            cols.append(j)
    select = coo_array(
        (np.ones(len(rows), dtype=np.int64), (rows, cols)), shape=(len(vocabulary), len(names))
    )
    return names, binary(csr_array(counts @ select.tocsr()))


def _term_counts(folder: Path) -> csr_array:
    parts = [csr_array(load_npz(file(folder, name))) for name in COUNTS]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return csr_array(total.astype(np.int64))


def vocabulary(folder: Path) -> list[str]:
    """NeuroQuery's 7,547 words, in the order of the columns."""
    return file(folder, VOCABULARY).read_text("utf-8").removesuffix("\n").split("\n")


def psychology_words(folder: Path, concepts: Collection[str], min_studies: int = 40) -> list[str]:
    """Words that are sensible functions: of psychology and not of anatomy, or a known concept.

    Args:
        folder: where NeuroQuery's files are.
        concepts: names of concepts in lower case (the Cognitive Atlas'; may be empty).
        min_studies: how many studies must use the word.

    Raises:
        InvalidInput: a file is missing.
    """
    import pandas as pd

    table = pd.read_csv(file(folder, CATEGORIES), keep_default_na=False)
    forms = ("term", "normalized_term")
    of = {
        kind: {form.lower() for column in forms for form in group[column]}
        for kind, group in table.groupby("category")
    }
    psychology = of.get("psychology", set()) - of.get("anatomy", set())
    words = vocabulary(folder)
    used = np.asarray((_term_counts(folder) > 0).sum(axis=0)).ravel()
    return [
        word
        for word, n in zip(words, used.tolist(), strict=True)
        if n >= min_studies and (word in concepts or word in psychology)
    ]
