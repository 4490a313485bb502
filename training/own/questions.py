"""Files as samples for a network, in the units of the data set that it was built for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from atlas.errors import InvalidInput
from composer.inputs import InputSpec
from composer.mel import MelSpec
from composer.network import Composition
from composer.stretched import StretchSpec
from training.own.media import read_picture, read_sound, stacked


def samples_from(
    network: Composition, images: Sequence[Path], sounds: Sequence[Path]
) -> dict[str, object]:
    """Raw samples by modality; pictures get the data set's white, sounds its rate and full scale.

    Raises:
        InvalidInput: a file that cannot be read, pictures of several sizes, no files.
    """
    specs = {branch.input.modality: branch.input for branch in network.branches.values()}
    found: dict[str, object] = {}
    if images:
        white = specs["image"].white if "image" in specs else 255.0
        named = [(path.name, read_picture(path)) for path in images]
        pictures = stacked(named, cure="ask for those of each size by themselves")
        found["image"] = pictures * (white / 255)
    if sounds:
        rate, full = _rate_and_scale(specs["audio"]) if "audio" in specs else (None, 1.0)
        found["audio"] = [read_sound(path, rate)[2] * full for path in sounds]
    if not found:
        raise InvalidInput("inputs", found="no files", expected="pictures or sounds")
    return found


def _rate_and_scale(spec: InputSpec) -> tuple[int | None, float]:
    """Rate in Hz of the sounds that a recipe takes, and their value at full scale."""
    sound = spec.sound
    if isinstance(sound, MelSpec):
        return sound.given or sound.rate, spec.white
    if isinstance(sound, StretchSpec):
        return sound.rate, 2.0**15
    return (sound.rate if sound else None), 1.0
