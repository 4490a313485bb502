"""Candidate models of active areas, without a graph."""

from __future__ import annotations

from composer.candidates import candidates, listed
from composer.selection import AreaScore, Selection


def area(id: str) -> AreaScore:
    return AreaScore(id, id, "image", score=1.0, z=5.0, function="", realizes=())


def serves(model: str, area: str) -> dict[str, str]:
    return {"model": model, "area": area, "family": "lenet3", "modality": "image"}


def test_models_of_an_area_are_listed_only_where_none_of_its_parts_has_one() -> None:
    areas = (area("visual"), area("visual.motion"), area("visual.colour"))
    whole = serves("any", "visual")
    found = Selection((), areas, (whole,))
    assert listed(found)["models"] == [{"id": "any", "area": "visual"}]
    parts = (serves("flow", "visual.motion"), serves("flow", "visual.colour"))
    found = Selection((), areas, (whole, *parts))
    assert listed(found)["models"] == [
        {"id": "flow", "area": "visual.colour"},
        {"id": "flow", "area": "visual.motion"},
    ]
    assert [row["model"] for row in candidates(found, "visual", areas)] == ["flow"]
