"""The statistics against loops, textbook formulas and other libraries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.stats import contingency, false_discovery_control

from ingest import meta


def _studies(
    seed: int, n: int = 60, regions: int = 4, functions: int = 3
) -> tuple[np.ndarray, ...]:
    random = np.random.default_rng(seed)
    r = (random.random((n, regions)) < 0.3).astype(np.int64)
    f = (random.random((n, functions)) < 0.3).astype(np.int64)
    return r, f, random.integers(1, 40, size=n)


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_tables_are_what_loops_count(seed: int) -> None:
    r, f, _ = _studies(seed)
    t = meta.tables(csr_array(r), csr_array(f))
    for i in range(r.shape[1]):
        for j in range(f.shape[1]):
            pairs = list(zip(r[:, i].tolist(), f[:, j].tolist(), strict=True))
            assert t.both[i, j] == pairs.count((1, 1))
            assert t.region_only[i, j] == pairs.count((1, 0))
            assert t.function_only[i, j] == pairs.count((0, 1))
            assert t.neither[i, j] == pairs.count((0, 0))


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_cmh_is_the_textbook_sum_over_strata(seed: int) -> None:
    r, f, peaks = _studies(seed)
    strata = meta.deciles(peaks)
    z = meta.cochran_mantel_haenszel(csr_array(r), csr_array(f), strata)
    for i in range(r.shape[1]):
        for j in range(f.shape[1]):
            excess = variance = 0.0
            for s in np.unique(strata):
                a, b = r[strata == s, i], f[strata == s, j]
                n = len(a)
                if n < 2:
                    continue
                excess += (a & b).sum() - a.sum() * b.sum() / n
                variance += a.sum() * (n - a.sum()) * b.sum() * (n - b.sum()) / (n * n * (n - 1))
            assert z[i, j] == pytest.approx(excess / np.sqrt(variance) if variance else 0.0)


def test_one_stratum_is_the_plain_chi_squared() -> None:
    r, f, _ = _studies(3, n=500)
    z = meta.cochran_mantel_haenszel(csr_array(r), csr_array(f), np.zeros(500, dtype=np.intp))
    t = meta.tables(csr_array(r), csr_array(f))
    table = np.array(
        [[t.both[0, 0], t.region_only[0, 0]], [t.function_only[0, 0], t.neither[0, 0]]]
    )
    chi2 = contingency.chi2_contingency(table, correction=False).statistic
    assert z[0, 0] ** 2 == pytest.approx(chi2 * 499 / 500)


def test_strata_undo_association_that_only_study_size_makes() -> None:
    """Large studies hit more regions and report more functions, independently within size."""
    random = np.random.default_rng(0)
    size = np.repeat([5, 50], 2000)
    rate = np.where(size == 50, 0.5, 0.05)
    r = csr_array((random.random(4000) < rate).astype(np.int64).reshape(-1, 1))
    f = csr_array((random.random(4000) < rate).astype(np.int64).reshape(-1, 1))
    plain = meta.cochran_mantel_haenszel(r, f, np.zeros(4000, dtype=np.intp))[0, 0]
    stratified = meta.cochran_mantel_haenszel(r, f, meta.deciles(size))[0, 0]
    assert plain > 10
    assert abs(stratified) < 3


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_benjamini_hochberg_is_scipys(p: list[float]) -> None:
    np.testing.assert_allclose(
        meta.benjamini_hochberg(np.array(p)), false_discovery_control(p), rtol=1e-12
    )


def test_benjamini_hochberg_keeps_the_shape() -> None:
    p = np.array([[0.01, 0.5], [0.04, 0.03]])
    naive = [
        min(min(q * 4 / rank for rank, q in enumerate(sorted(p.ravel()), 1) if q >= x), 1.0)
        for x in p.ravel()
    ]
    np.testing.assert_allclose(meta.benjamini_hochberg(p).ravel(), naive)


@given(st.lists(st.integers(1, 500), min_size=1, max_size=200))
def test_deciles_are_ordered_and_equal_numbers_stay_together(counts: list[int]) -> None:
    strata = meta.deciles(counts)
    assert strata.min() == 0
    assert strata.max() == len(np.unique(strata)) - 1 <= 9
    order = np.argsort(counts, kind="stable")
    assert (np.diff(strata[order]) >= 0).all()
    for value in set(counts):
        assert len(set(strata[np.array(counts) == value])) == 1


@given(*[st.integers(0, 5000)] * 4)
def test_the_lower_bound_lies_below_and_nears_the_estimate(a: int, b: int, c: int, d: int) -> None:
    estimate = np.log((a + 0.5) * (d + 0.5) / (b + 0.5) / (c + 0.5))
    lower = float(meta.lower_log_odds(a, b, c, d))
    assert lower < estimate
    assert float(meta.lower_log_odds(*(100 * n + 50 for n in (a, b, c, d)))) > lower
    assert 0 <= float(meta.weight(lower)) <= 1


def test_what_is_kept() -> None:
    r = np.zeros((400, 1), dtype=np.int64)
    f = np.zeros((400, 3), dtype=np.int64)
    r[:100] = 1
    f[:60, 0] = 1  # goes with the region
    f[:4, 1] = 1  # too, but in four studies only
    f[100:300, 2] = 1  # never together
    result = meta.associate(csr_array(r), csr_array(f), np.ones(400))
    assert result.q[0, 1] < 0.05
    assert result.significant().tolist() == [[0, 0]]
    assert result.significant(min_studies=4).tolist() == [[0, 0], [0, 1]]
