from pathlib import Path

import pytest

from atlas.activation import Peak
from atlas.errors import InvalidInput
from composer.activation import Inputs


@pytest.mark.parametrize(
    "given",
    [
        {"map": Path("z.nii.gz"), "threshold": 3.1, "sign": "both"},
        {"peaks": (Peak(1.0, 2.0, 3.0, 4.0, "V1"),), "space": "Talairach"},
        {"regions": ("a:1", "a:2"), "atlas": "a"},
        {"functions": ("perception.vision",)},
        {"scenario": "audio-visual"},
    ],
)
def test_inputs_survive_json(given: dict[str, object]) -> None:
    inputs = Inputs(**given)  # type: ignore[arg-type]
    assert Inputs.from_dict(inputs.to_dict()) == inputs


def test_nothing_given_is_said() -> None:
    with pytest.raises(InvalidInput, match=r"input: found none of them, expected exactly one of"):
        Inputs()


def test_two_inputs_are_refused() -> None:
    with pytest.raises(InvalidInput, match="found peaks and scenario"):
        Inputs(peaks=(Peak(0, 0, 0),), scenario="audio-visual")


def test_unknown_sign_is_refused() -> None:
    with pytest.raises(InvalidInput, match="sign: found 'up'"):
        Inputs(scenario="s", sign="up")  # type: ignore[arg-type]
