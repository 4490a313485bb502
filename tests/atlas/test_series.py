"""Courses of regions: what follows the condition comes out, with the beta that was put in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atlas.decode.glm import NOISES, Noise, fit
from atlas.decode.series import Event, Series, Window, from_series, hrf
from atlas.errors import InvalidInput
from ingest.series import read_events, read_series
from tests.atlas.examples import spheres

THREE = spheres(*[(x, 0.0, 0.0, 2.0) for x in (-30, 0, 30)])
TR = 2.0
EVENTS = [Event(20.0 + 60 * i, 20.0, "hand") for i in range(3)] + [
    Event(50.0 + 60 * i, 10.0, "foot") for i in range(3)
]


def _response(condition: str, n: int = 100) -> np.ndarray:
    """The plain sum over every tenth of a second, written apart from the code under test."""
    kernel = hrf(np.arange(0, 32, 0.1))
    course = np.zeros(n)
    for v in range(n):
        for event in (e for e in EVENTS if e.condition == condition):
            lags = v * TR - np.arange(event.onset, event.onset + event.duration - 1e-6, 0.1)
            index = np.round(lags / 0.1).astype(int)
            course[v] += kernel[index[(index >= 0) & (index < len(kernel))]].sum()
    return course / kernel.sum()


def _series(noise: float = 0.05) -> Series:
    random = np.random.default_rng(0)
    drift = np.linspace(0, 3, 100)
    hand, foot = _response("hand"), _response("foot")
    courses = np.column_stack([5 + 2 * hand, 7 + 1.5 * foot, 9 - hand, hand])
    courses += drift[:, None] + noise * random.normal(size=courses.shape)
    return Series(("ball 1", "toy:2", "3", "cerebellum"), courses, TR)


def test_the_glm_finds_each_regions_beta_under_drift() -> None:
    pattern = from_series(THREE, _series(), events=EVENTS, condition="hand", sign="both")
    found = {region.region: region for region in pattern.regions}
    assert set(found) == {"toy:1", "toy:3"}
    assert found["toy:1"].mean == pytest.approx(2, abs=0.1)
    assert found["toy:3"].mean == pytest.approx(-1, abs=0.1)
    assert found["toy:1"].weight == 1.0
    assert found["toy:3"].statistic < -3.1
    assert (pattern.outside.count, pattern.outside.share) == (1, 0.25)
    assert "cerebellum" in pattern.note


def test_a_window_against_the_rest() -> None:
    values = np.random.default_rng(0).normal(size=(60, 3))
    values[10:20, 1] += 6
    series = Series(("1", "2", "3"), values, 1.0)
    pattern = from_series(THREE, series, window=Window(10, 20))
    assert pattern.strengths == {"toy:2": 1.0}
    assert pattern.regions[0].mean == pytest.approx(6, abs=1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "found neither"),
        ({"window": Window(0, 5), "events": EVENTS}, "found both"),
        ({"window": Window(500, 600)}, "0 of 100 volumes"),
        ({"window": Window(0, 600)}, "100 of 100 volumes"),
        ({"events": EVENTS, "condition": "eye"}, "expected one of foot, hand"),
        ({"events": [Event(900, 1, "late")], "condition": "late"}, "cannot be told from"),
    ],
)
def test_times_that_cannot_be(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        from_series(THREE, _series(), **options)


def test_columns_are_matched_by_name_only() -> None:
    values = np.random.default_rng(0).normal(size=(20, 2))
    with pytest.raises(InvalidInput, match="none of them a region"):
        from_series(THREE, Series(("a", "b"), values, TR), window=Window(0, 10))
    with pytest.raises(InvalidInput, match="two columns of toy:1"):
        from_series(THREE, Series(("1", "ball 1"), values, TR), window=Window(0, 10))


def test_tables_and_events_are_read(tmp_path: Path) -> None:
    table, events = tmp_path / "courses.csv", tmp_path / "events.tsv"
    table.write_text("time;ball 1;ball 2\n0;1,5;2\n2;3;-4,25\n")
    events.write_text("onset\tduration\ttrial_type\n1.5\t10\thand\n")
    series = read_series(table, 2.0)
    assert (series.names, series.values.tolist()) == (("ball 1", "ball 2"), [[1.5, 2], [3, -4.25]])
    assert read_events(events) == [Event(1.5, 10.0, "hand")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n", "1 lines"),
        ("a,a\n1,2\n", "two columns named 'a'"),
        ("a,b\n1,x\n", "series, row 1: found 'x'"),
        ("a,b\n1,2\n1,nan\n", "series, row 2"),
        ("a,b\n1,5,2\n", "series, row 1: found 3 cells"),
    ],
)
def test_broken_tables(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(InvalidInput) as error:
        read_series(path, 2.0)
    assert said in str(error.value)


def _noisy(rho: float, n: int = 150, regions: int = 200) -> np.ndarray:
    """Autoregressive noise without any effect, (n, regions)."""
    random = np.random.default_rng(1)
    noise = random.normal(size=(n, regions))
    for i in range(1, n):
        noise[i] += rho * noise[i - 1]
    return noise


def test_correlated_noise_does_not_pass_for_an_effect() -> None:
    block = (np.arange(150) // 15 % 2).astype(float)[:, None]
    spread = {}
    for noise in NOISES:
        _, t = fit(_noisy(0.6), block, 2.0, noise)
        spread[noise] = t.std()
    assert spread["ols"] > 1.5
    assert spread["ar1"] == pytest.approx(1, abs=0.2)


def test_white_noise_needs_no_whitening() -> None:
    block = (np.arange(150) // 15 % 2).astype(float)[:, None]
    (_, plain), (_, white) = (fit(_noisy(0.0), block, 2.0, noise) for noise in NOISES)
    assert white.std() == pytest.approx(plain.std(), rel=0.1)


def test_other_noise_is_none() -> None:
    with pytest.raises(InvalidInput, match="ar1, ols"):
        from_series(THREE, _series(), window=Window(0, 10), noise="ar2")  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("noise", NOISES)
def test_nilearn_gives_the_same(noise: Noise) -> None:
    from nilearn.glm.contrasts import compute_contrast
    from nilearn.glm.first_level import run_glm

    n, courses = 150, _noisy(0.4)
    block = (np.arange(n) // 15 % 2).astype(float)
    courses[:, 0] += 2 * block
    steps = (np.arange(n) + 0.5) / n
    order = int(np.floor(2 * n * 2.0 / 128))
    drifts = np.cos(np.pi * steps[:, None] * np.arange(1, order + 1))
    design = np.column_stack([block, drifts, np.ones(n)])
    labels, results = run_glm(courses, design, noise_model=noise)
    contrast = np.eye(design.shape[1])[0]
    theirs = compute_contrast(labels, results, contrast, stat_type="t")
    betas, t = fit(courses, block[:, None], 2.0, noise)
    assert betas == pytest.approx(theirs.effect_size(), rel=1e-6)
    assert t == pytest.approx(theirs.stat(), rel=1e-6)
