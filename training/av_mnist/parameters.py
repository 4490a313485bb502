"""The named parameters of AV-MNIST."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from atlas.errors import InvalidInput
from training.av_mnist.pairing import SplitBy

Components = Literal["3", "4", "5", "all"]
Power = Literal["log", "raw"]

NOISE = 0.009
"""What noise is multiplied by in the public code."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """How the three sources become one data set.

    Attributes:
        image_components: principal components of the pictures that are kept; 3 hold 23 % of the
            variance, as in the paper.
        noise_power: added to each voice is the noise times this, both in 16-bit values.
        split: whether recordings are divided by takes or by speakers.
        spectrogram: log power, or raw power.
        seed: decides which pictures, and who is paired with whom.
        train: samples of the training split; None: all there are.
        validation: the same for validation.
        test: the same for testing.
    """

    image_components: Components = "3"
    noise_power: float = NOISE
    split: SplitBy = "takes"
    spectrogram: Power = "log"
    seed: int = 0
    train: int | None = None
    validation: int | None = None
    test: int | None = None

    def __post_init__(self) -> None:
        choices = {"image_components": Components, "split": SplitBy, "spectrogram": Power}
        for name, kind in choices.items():
            if getattr(self, name) not in get_args(kind):
                expected = f"one of {', '.join(get_args(kind))}"
                raise InvalidInput(name, found=repr(getattr(self, name)), expected=expected)
        if not 0 <= self.noise_power <= 1000:
            raise InvalidInput("noise_power", found=self.noise_power, expected="0 to 1000")
        if self.seed < 0:
            raise InvalidInput("seed", found=self.seed, expected="0 or more")

    @property
    def components(self) -> int | None:
        """Number of components; None: the pictures stay as they are."""
        return None if self.image_components == "all" else int(self.image_components)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)

    def to_json(self) -> str:
        """The same text for the same parameters."""
        return json.dumps(self.to_dict(), sort_keys=True)
