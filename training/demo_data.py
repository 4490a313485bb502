"""The demo's data: handwritten digits as pictures, telephone key tones as sounds.

Both carry the same ten labels, need no download and are made in about a second. Each is spoiled so
that neither is enough alone: pictures keep only a few principal components (as in AV-MNIST),
tones lie in noise.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from atlas.errors import InvalidInput
from composer.inputs import InputSpec, SoundSpec, fitted
from composer.principal import principal_components
from training.data import (
    SPLITS,
    Floats,
    MultimodalData,
    Samples,
    Split,
    pair_by_label,
    split_indices,
)

LOW_HZ = (697, 770, 852, 941)
HIGH_HZ = (1209, 1336, 1477)
KEYS = ("123", "456", "789", "*0#")
IMAGE_COMPONENTS = 4
AUDIO_SNR_DB = -12.0
SIDE = 16
SOUND = SoundSpec(rate=8000, samples=2048, window=512, hop=64, low=600.0, high=1600.0)


def key_frequencies(key: str) -> tuple[int, int]:
    """The two frequencies in Hz of a telephone key (ITU-T Recommendation Q.23).

    >>> key_frequencies("5"), key_frequencies("0")
    ((770, 1336), (941, 1336))
    """
    for low, row in zip(LOW_HZ, KEYS, strict=True):
        if key in row:
            return low, HIGH_HZ[row.index(key)]
    raise InvalidInput("key", found=key, expected="one of 0-9, *, #")


def key_tone(
    key: str, generator: np.random.Generator, *, snr_db: float = AUDIO_SNR_DB, samples: int = 2048
) -> Floats:
    """One key press in white noise, float32 (samples,) at 8 kHz.

    Phases, onset, length (60-160 ms), level (±3 dB) and twist between the two tones (±2 dB) are
    random. ``snr_db`` is the power of a full-level tone pair over that of the noise, in decibels.
    """
    length = int(generator.uniform(0.06, 0.16) * SOUND.rate)
    onset = int(generator.integers(0, samples - length + 1))
    time = np.arange(length) / SOUND.rate
    tone = np.zeros(length)
    for frequency in key_frequencies(key):
        phase, gain = generator.uniform(0, 2 * math.pi), generator.uniform(-1, 1)
        tone += 10 ** (gain / 20) * np.sin(2 * math.pi * frequency * time + phase)
    wave = generator.normal(0.0, 10 ** (-snr_db / 20), samples)
    wave[onset : onset + length] += 10 ** (generator.uniform(-3, 3) / 20) * tone
    return wave.astype(np.float32)


def digits_dtmf(
    seed: int = 0,
    *,
    image_components: int | None = IMAGE_COMPONENTS,
    audio_snr_db: float = AUDIO_SNR_DB,
) -> MultimodalData:
    """1,797 digits (8 × 8, grey 0-16) paired with key tones (2,048 samples at 8 kHz).

    The pictures are split first. Tones are drawn for each split by a generator of its own; the
    principal components and both normalisations are fitted on the training split.

    Args:
        seed: decides splits, tones and pairs; the same seed gives the same digest.
        image_components: principal components that the picture branch sees; None: all there is.
        audio_snr_db: loudness of the tones against the noise, in decibels.

    Source: E. Alpaydin, C. Kaynak, UCI Optical Recognition of Handwritten Digits; ITU-T Q.23.
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    pictures, targets = digits.images.astype(np.float32), digits.target.astype(np.int64)
    splits: dict[Split, Samples] = {}
    for number, (name, rows) in enumerate(split_indices(targets, seed=seed).items()):
        tones = _tones(targets[rows], np.random.default_rng([seed, 3, number]), audio_snr_db)
        image, audio, y = pair_by_label(
            (pictures[rows], targets[rows]), (tones, targets[rows]), seed=seed * 3 + number
        )
        splits[name] = Samples({"image": image, "audio": audio}, y)
    picture = InputSpec("image", SIDE, SIDE, white=16.0)
    if image_components is not None:
        picture = replace(
            picture,
            projection=principal_components(
                splits["train"].raw["image"] / np.float32(16), image_components
            ),
        )
    specs = {"image": picture, "audio": InputSpec("audio", 32, 16, sound=SOUND)}
    inputs = {name: fitted(spec, splits["train"].raw[name]) for name, spec in specs.items()}
    return MultimodalData(
        "digits-dtmf",
        tuple(str(digit) for digit in range(10)),
        inputs,
        {name: splits[name] for name in SPLITS},
        seed,
    )


def _tones(digits: npt.NDArray[np.int64], generator: np.random.Generator, snr_db: float) -> Floats:
    return np.stack([key_tone(str(digit), generator, snr_db=snr_db) for digit in digits])
