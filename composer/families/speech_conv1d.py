"""Emotions in speech: convolutions along time over the mean of the MFCCs."""

from __future__ import annotations

from torch import nn

from composer.families.base import Shape, scaled
from composer.families.recurrent import Frames
from composer.families.registry import register_family

SOURCE = "Puthran 2018, Speech-Emotion-Analyzer (MIT), Emotion_Voice_Detection_Model"
CHANNELS, KERNEL, POOL = 128, 5, 8


@register_family("speech-conv1d", minimum=(1, POOL), source=SOURCE)
def speech_conv1d(shape: Shape, width: float) -> dict[str, nn.Module]:
    """Six convolutions of 5 frames and 128 channels; the frames are pooled by 8 after the second.

    The input is (channels, bands, frames): 1 × 1 × 216 for 2.5 seconds. The last tap holds all
    channels of all frames side by side.
    """
    channels = scaled(CHANNELS, width)
    return {
        "conv1": nn.Sequential(Frames(), *_conv(shape[0] * shape[1], channels)),
        "conv2": nn.Sequential(*_conv(channels, channels), nn.Dropout(0.1), nn.MaxPool1d(POOL)),
        "conv3": nn.Sequential(*_conv(channels, channels)),
        "conv4": nn.Sequential(*_conv(channels, channels)),
        "conv5": nn.Sequential(*_conv(channels, channels), nn.Dropout(0.2)),
        "conv6": nn.Sequential(*_conv(channels, channels)),
        "flat": nn.Flatten(),
    }


def _conv(inputs: int, outputs: int) -> tuple[nn.Module, nn.Module]:
    return nn.Conv1d(inputs, outputs, KERNEL, padding=KERNEL // 2), nn.ReLU()
