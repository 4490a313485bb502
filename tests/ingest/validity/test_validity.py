"""The measures on known answers, and the page's numbers on the real data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

from atlas.errors import InvalidInput
from ingest.validity import report
from ingest.validity.measures import auc, decoding_auc, extremes, random_folds
from ingest.validity.validate import validate
from tests.data_dir import BRAIN, needs_brain

PAGE = Path(__file__).resolve().parents[3] / "docs" / "validity.md"


def test_auc_is_the_share_of_pairs_in_order() -> None:
    random = np.random.default_rng(0)
    scores, positive = random.integers(0, 6, 60).astype(float), random.random(60) < 0.3
    gaps = scores[positive][:, None] - scores[~positive][None, :]
    assert auc(scores, positive) == pytest.approx(((gaps > 0) + 0.5 * (gaps == 0)).mean())
    assert np.isnan(auc(scores, np.zeros(60, dtype=bool)))


def test_decoding_is_scikit_learns_naive_bayes() -> None:
    from sklearn.metrics import roc_auc_score
    from sklearn.naive_bayes import BernoulliNB

    random = np.random.default_rng(1)
    f = random.random((300, 3)) < 0.4
    r = random.random((300, 8)) < 0.3
    r[:, 0] |= f[:, 0]
    folds = random_folds(300)
    found = decoding_auc(csr_array(r.astype(np.int64)), csr_array(f.astype(np.int64)), folds)
    for j in range(3):
        values = []
        for fold in range(5):
            train, test = folds != fold, folds == fold
            model = BernoulliNB(alpha=1.0).fit(r[train], f[train, j])
            odds = np.diff(model.predict_log_proba(r[test]), axis=1)[:, 0]
            values.append(roc_auc_score(f[test, j], odds))
        assert found[j] == pytest.approx(np.mean(values), abs=1e-3)
    assert found[0] > 0.75


def test_extremes_are_both_ends() -> None:
    best, worst = extremes(["a", "b", "c"], np.array([0.2, 0.9, 0.5]), 2)
    assert [name for name, _ in best] == ["b", "c"]
    assert [name for name, _ in worst] == ["a", "c"]


def test_missing_data_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"coordinates\.tsv\.gz"):
        validate(tmp_path)


@needs_brain
@pytest.mark.slow
def test_the_page_holds_what_the_data_give() -> None:
    found = validate(BRAIN)
    assert not report.missed(found)
    assert found["brainnetome_auc"]["mean"] >= 0.88  # type: ignore[operator]
    assert found["neurosynth_correlation"]["median"] >= 0.70  # type: ignore[operator]
    assert PAGE.read_text(encoding="utf-8") == report.render(found)
