"""The page holds all it shows, and nothing that an atlas or a file may want to smuggle in."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from atlas.activation import Peak
from atlas.decode.thresholds import Threshold
from atlas.model import Claim
from atlas.volumes import load_volume
from composer.activation import Inputs, activate
from composer.clusters import limit_of
from composer.figures.analysis import analysis_figure
from composer.figures.brain import glass_regions, outlined_map
from composer.figures.canvas import format_of
from composer.report.page import report
from graph import atlases, claims, functions
from graph.store import Store
from ingest.nilearn_data import sample_motor_map
from tests.atlas.examples import spheres
from tests.atlas.test_analysis import BILATERAL, REGIONS, SPREAD_OUT, analyse
from tests.graph import small

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> $\\frac{"
VOID = {"meta", "img", "br", "link", "input"}


class Page(HTMLParser):
    """Tags in order, text, and whether every element that opens is closed in turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def safe(page: Page) -> None:
    names = [tag for tag, _ in page.tags]
    assert page.open == []
    assert "script" not in names
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]
        assert not {"href", "srcset", "action"} & set(attributes)
        if tag == "img":
            assert str(attributes["src"]).startswith("data:image/png;base64,")
            assert attributes["alt"]
        if tag == "th":
            assert attributes["scope"] in ("row", "col")
    assert dict(page.tags)["html"]["lang"] == "en"


@pytest.fixture
def hostile(store: Store) -> Store:
    atlas = spheres((39, -22, 58, 10), (-39, -22, 58, 10), (0, 60, 0, 5))
    source = replace(atlas.source, licence=HOSTILE, citation=HOSTILE)
    regions = tuple(replace(r, name=f"{r.name} {HOSTILE}", network=HOSTILE) for r in atlas.regions)
    atlases.put(store, replace(atlas, name=HOSTILE, regions=regions, source=source))
    functions.put(store, [replace(small.FUNCTIONS[0], name=HOSTILE)], by="test")
    claim = Claim("c", "toy:1", "vision", source.id, HOSTILE, 4.0, 0.5, q=0.01, n_studies=3)
    claims.put(store, source, [claim], by="test")
    return store


def test_a_map_with_hostile_names(hostile: Store) -> None:
    found = activate(hostile, Inputs(map=sample_motor_map(), atlas="toy"))
    text = report(hostile, found, {HOSTILE: HOSTILE}, map_name=HOSTILE)
    page = Page(text)
    safe(page)
    shown = "".join(page.text)
    assert shown.count(HOSTILE) >= 8  # escaped, and still legible
    assert f"{found.pattern.outside.share:.1%}".replace("%", " %") in shown
    headings = ("What was given", "Regions", "Clusters", "Functions and the evidence for them")
    assert all(heading in page.text for heading in headings)
    assert len([tag for tag, _ in page.tags if tag == "img"]) == 4
    assert report(hostile, found, {HOSTILE: HOSTILE}, map_name=HOSTILE) == text


def test_peaks_have_no_clusters(hostile: Store) -> None:
    found = activate(hostile, Inputs(peaks=(Peak(39, -22, 58), Peak(0, 0, 0)), atlas="toy"))
    page = Page(report(hostile, found, {}))
    safe(page)
    assert "Clusters" not in page.text
    assert "50.0 %" in "".join(page.text)
    nothing = activate(hostile, Inputs(peaks=(Peak(0, 0, 0),), atlas="toy"))
    assert "No region is active." in "".join(Page(report(hostile, nothing, {})).text)


def test_figures_are_the_same_bytes_again() -> None:
    found = analyse("a", REGIONS, BILATERAL + SPREAD_OUT, ["vision", "memory"], permutations=20)
    for format, magic in (("png", b"\x89PNG"), ("svg", b"<?xml")):
        first = analysis_figure(found, format)  # type: ignore[arg-type]
        assert first.startswith(magic)
        assert analysis_figure(found, format) == first  # type: ignore[arg-type]
    atlas = spheres((39, -22, 58, 10), (-39, -22, 58, 10))
    assert glass_regions(atlas, {"toy:1": 1.0}) != glass_regions(atlas, {"toy:2": 1.0})
    assert glass_regions(atlas, {}).startswith(b"\x89PNG")


def test_outlines_are_drawn() -> None:
    atlas = spheres((39, -22, 58, 10))
    volume = load_volume(sample_motor_map())
    drawn = [
        outlined_map(
            volume, atlas, weights, space="MNI152", threshold=3.1, sign="both", format="svg"
        )
        for weights in ({}, {"toy:1": 1.0})
    ]
    assert drawn[0] != drawn[1]


def test_the_limit_of_a_map_is_that_of_decoding() -> None:
    volume = load_volume(sample_motor_map())
    assert limit_of(Threshold("value", 3.1), volume, "positive") == pytest.approx(3.1)
    top = limit_of(Threshold("top", 5.0), volume, "positive")
    known = volume.data[(volume.data != 0)]
    assert (known > top).mean() == pytest.approx(0.05, abs=1e-3)


def test_figure_files_have_a_known_ending() -> None:
    from atlas.errors import InvalidInput

    with pytest.raises(InvalidInput, match=r"ending in \.png or \.svg"):
        format_of(Path("brain.pdf"))
