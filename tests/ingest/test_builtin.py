"""The built-in tree, areas, scenarios and what they say about real activity."""

from __future__ import annotations

from collections import Counter

import pytest

from atlas import scoring
from atlas.activation import ActivationPattern, Peak
from atlas.chance import Moments, z_scores
from atlas.coordinates import check_coordinates
from atlas.decode.maps import from_map
from atlas.decode.peaks import from_peaks
from atlas.decode.thresholds import Sign
from atlas.errors import InvalidInput
from atlas.model import Atlas
from ingest import builtin
from ingest.coordinates import dosenbach160, seitzman300
from ingest.nilearn_data import sample_motor_map

ATLASES = [dosenbach160(), seitzman300()]
SOURCE, CLAIMS = builtin.evidence()
AREAS = builtin.areas()
both_atlases = pytest.mark.parametrize("atlas", ATLASES, ids=lambda a: a.id)


def _links(atlas: Atlas) -> list[scoring.Link]:
    ids = {region.id for region in atlas.regions}
    return [(c.region, c.function, c.weight) for c in CLAIMS if c.region in ids]


def _functions(atlas: Atlas, pattern: ActivationPattern) -> dict[str, float]:
    links = _links(atlas)
    counts = Counter(function for _, function, _ in links)
    return scoring.function_scores(pattern.strengths, links, counts, len(atlas.regions))


def _active(atlas: Atlas, pattern: ActivationPattern) -> set[str]:
    """Areas that realize a function far above what chance gives (p < .001, one-sided)."""
    links = _links(atlas)
    weights: dict[str, list[float]] = {}
    for _, function, weight in links:
        weights.setdefault(function, []).append(weight)
    moments = {f: Moments(len(w), sum(w), sum(x * x for x in w)) for f, w in weights.items()}
    found = z_scores(pattern.strengths, links, moments, len(atlas.regions))
    strong = {function: z for function, z in found.items() if z >= 3.09}
    return {area for area, z in scoring.area_scores(strong, AREAS).items() if z > 0}


def _audio_visual() -> tuple[Peak, ...]:
    return next(s.peaks for s in builtin.scenarios() if s.id == "audio-visual")


def test_the_tree_is_a_tree_with_definitions() -> None:
    functions = builtin.functions()
    ids = [function.id for function in functions]
    assert 55 <= len(ids) == len(set(ids)) <= 75
    for i, function in enumerate(functions):
        assert function.parent is None or function.parent in ids[:i]
        assert len(function.definition) > 10
    assert {i for i in ids if "." not in i} == {
        "action", "cognition", "emotion", "interoception", "perception",
    }  # fmt: skip


def test_terms_are_not_contentless() -> None:
    terms = builtin.terms()
    assert set(terms) == {function.id for function in builtin.functions()}
    headings = {function for function, words in terms.items() if not words}
    assert headings == {"action", "cognition", "perception"}
    assert "task" in builtin.stop_words()


def test_a_contentless_term_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtin, "stop_words", lambda: frozenset({"sound"}))
    with pytest.raises(InvalidInput, match=r"perception\.audition\.terms: found sound"):
        builtin.terms()


def test_areas_realize_functions_that_exist() -> None:
    known = {function.id for function in builtin.functions()}
    ids = [area.id for area in AREAS]
    for i, area in enumerate(AREAS):
        assert area.realizes
        assert set(area.realizes) <= known
        assert area.parent is None or area.parent in ids[:i]
    assert {"visual.motion", "visual.colour", "visual.shape", "visual.other"} <= set(ids)
    assert {a.modality for a in AREAS} == {"image", "audio", "text", "multimodal"}


def test_scenarios_have_peaks_and_a_citation() -> None:
    scenarios = builtin.scenarios()
    assert [s.id for s in scenarios] == ["audio-visual", "picture-only", "sound-only"]
    for scenario in scenarios:
        check_coordinates([(p.x, p.y, p.z) for p in scenario.peaks], scenario.id)
        assert "PubMed 18973818" in scenario.citation


def test_claims_are_about_things_that_exist() -> None:
    regions = {region.id for atlas in ATLASES for region in atlas.regions}
    functions = {function.id for function in builtin.functions()}
    assert len({claim.id for claim in CLAIMS}) == len(CLAIMS) > 2000
    for claim in CLAIMS:
        assert claim.region in regions
        assert claim.function in functions
        assert claim.source == SOURCE.id
    assert "ODbL" in SOURCE.licence


@both_atlases
@pytest.mark.parametrize("sign", ["positive", "negative"])
def test_a_motor_or_somatosensory_function_leads_the_motor_map(atlas: Atlas, sign: Sign) -> None:
    scores = _functions(atlas, from_map(atlas, sample_motor_map(), sign=sign))
    leading = next(iter(scores))
    assert leading.startswith(("action.execution", "perception.somesthesis"))
    assert not {"visual", "auditory", "language", "emotion"} & _active(
        atlas, from_map(atlas, sample_motor_map(), sign=sign)
    )


@both_atlases
@pytest.mark.parametrize("space", ["MNI152", "Talairach"])
def test_the_audio_visual_scenario_is_both(atlas: Atlas, space: str) -> None:
    """In whichever space the study's table is read."""
    assert {"visual", "auditory"} <= _active(atlas, from_peaks(atlas, _audio_visual(), space=space))


@both_atlases
def test_without_its_superior_temporal_peaks_it_is_visual_only(atlas: Atlas) -> None:
    peaks = [peak for peak in _audio_visual() if peak.name != "superior temporal"]
    pattern = from_peaks(atlas, peaks, space="MNI")
    active = _active(atlas, pattern)
    assert "visual" in active
    assert not any(area.startswith("auditory") for area in active)
    scores = scoring.area_scores(_functions(atlas, pattern), AREAS)
    assert scores["auditory"] < scores["visual"] / 3


@both_atlases
@pytest.mark.parametrize(
    ("scenario", "on", "off"), [(1, "visual", "auditory"), (2, "auditory", "visual")]
)
def test_single_modality_scenarios(atlas: Atlas, scenario: int, on: str, off: str) -> None:
    peaks = builtin.scenarios()[scenario].peaks
    active = _active(atlas, from_peaks(atlas, peaks, space="MNI"))
    assert on in active
    assert off not in active
