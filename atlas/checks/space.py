"""Is the named space there, and do header and grid speak for it?"""

from __future__ import annotations

from collections.abc import Iterator

from atlas.checks.facts import Facts
from atlas.checks.grids import grid_of, is_straight
from atlas.checks.report import Finding, found
from atlas.errors import InvalidInput
from atlas.label_volume import LabelVolume
from atlas.spaces import MNI, MNI_TEMPLATES, SPACES, TALAIRACH, require_space


def check_space(facts: Facts) -> Iterator[Finding]:
    """The space's name, the header's word for it, and the template's grid."""
    candidate = facts.candidate
    if not candidate.space.strip():
        hint = "name it as `space`: one of " + ", ".join(SPACES)
        yield from found("error", "SPACE_MISSING", ["no space is named"], hint)
        return
    try:
        space = require_space(candidate.space)
    except InvalidInput:
        hint = "no transform is known from it; known are " + ", ".join(SPACES)
        yield from found("error", "SPACE_UNKNOWN", [candidate.space], hint)
        return
    yield from _header(facts, space)
    if candidate.volume is not None:
        yield from _grid(candidate.volume, _template(space, candidate.template))


def _template(space: str, template: str) -> str:
    """The generation of the MNI template: the space where it names one, else the template."""
    known = {name.lower(): name for name in SPACES}
    return known.get(template.strip().lower(), space) if space == MNI else space


def _header(facts: Facts, space: str) -> Iterator[Finding]:
    candidate = facts.candidate
    says, template = _family(candidate.header_space), _family(candidate.template)
    against = [
        f"{place} says {text}, named space is {space}"
        for place, text, family in (
            ("the header", candidate.header_space, says),
            ("the template", candidate.template, template),
        )
        if family and family != _family(space)
    ]
    hint = "coordinates of the two differ by up to a centimetre: find out which it is"
    yield from found("error", "SPACE_CONTRADICTS", against, hint)
    if candidate.volume is not None and not says:
        word = candidate.header_space or "nothing"
        hint = "the file's header names no standard space; the named one is believed"
        yield from found("note", "HEADER_SPACE_SILENT", [f"the header says {word}"], hint)


def _family(text: str) -> str:
    plain = text.strip().lower()
    if plain.startswith("tal"):
        return TALAIRACH
    return MNI if "mni" in plain else ""


def _grid(volume: LabelVolume, template: str) -> Iterator[Finding]:
    if template == TALAIRACH:
        return
    grid = grid_of(volume)
    size = " x ".join(str(n) for n in volume.shape)
    if grid is None:
        how = "straight" if is_straight(volume) else "oblique"
        hint = "cropped or resampled; voxels are found through the affine all the same"
        yield from found("note", "GRID_DIFFERS", [f"{size}, {how}, {template}"], hint)
    elif template in MNI_TEMPLATES and template not in grid.templates:
        hint = "another generation of the template; they differ by a few millimetres"
        case = f"{size} is the grid of {grid.templates[0]}, named is {template}"
        yield from found("warning", "GRID_OF_OTHER_TEMPLATE", [case], hint)
