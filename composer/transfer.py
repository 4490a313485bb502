"""A published network for another data set: its body as it is, a classifier of its own."""

from __future__ import annotations

from dataclasses import replace

from atlas.errors import InvalidInput
from composer.families.base import TapNetwork, initialise
from composer.families.registry import find_family
from composer.inputs import InputSpec, SoundSpec
from composer.mel import MelSpec
from composer.onnx_network import CONTENT, OnnxNetwork


def recipe_for(published: InputSpec, offered: InputSpec) -> InputSpec:
    """How a data set's raw samples become the input that a published network was made for.

    Size, normalisation and transform are the network's; what white or full scale is, at which
    rate sounds come, and which principal components are let through, the data set's.

    Raises:
        InvalidInput: the data set cannot feed it; says why.

    >>> recipe_for(InputSpec("image", 64, 64, 0.5, 0.5, 255.0), InputSpec("image", 8, 8, white=16))
    ... # doctest: +ELLIPSIS
    InputSpec(modality='image', height=64, width=64, mean=0.5, std=0.5, white=16, ...)
    """
    if published.modality != offered.modality:
        raise InvalidInput("modality", found=offered.modality, expected=published.modality)
    recipe = replace(published, white=offered.white, projection=offered.projection)
    if published.centred and offered.projection is None:
        expected = "pictures of principal components, whose mean the network does without"
        raise InvalidInput("image", found="pictures as they are", expected=expected)
    if not isinstance(published.sound, MelSpec):
        if published.modality == "audio" and published.sound != offered.sound:
            raise InvalidInput("audio", found=offered.sound, expected=str(published.sound))
        return recipe
    if not isinstance(offered.sound, SoundSpec | MelSpec):
        found = "spectrograms" if offered.sound else "sounds of an unknown rate"
        raise InvalidInput("audio", found=found, expected="waveforms and their rate")
    given = offered.sound.rate
    if isinstance(offered.sound, MelSpec) and offered.sound.given:
        given = offered.sound.given
    return replace(recipe, sound=replace(published.sound, given=given))


def with_classifier(published: TapNetwork, classes: int, *, seed: int) -> TapNetwork:
    """The frozen body of a network with a new classifier, drawn from ``seed``, in eval mode."""
    if isinstance(published, OnnxNetwork):
        content = dict(published.named_buffers())[CONTENT]
        network: TapNetwork = OnnxNetwork(content, classes)
        initialise(network.classifier, seed)
    else:
        build = published.build
        family = find_family(build.family)
        network = family.build(build.input_shape, classes, build.width, seed=seed, **build.options)
        network.blocks.load_state_dict(published.blocks.state_dict())
    network.requires_grad_(False).eval()
    network.classifier.requires_grad_(True)
    return network
