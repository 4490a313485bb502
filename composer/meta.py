"""Networks without numbers: built on the meta device, filled from memory-mapped tensors."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from atlas.errors import InvalidInput
from composer.families.base import Build, TapNetwork
from composer.families.registry import find_family


def build_meta(build: Build) -> TapNetwork:
    """A network that holds shapes only; costs no memory for weights.

    Raises:
        NotFound: unknown family. InvalidInput: input too small, one class, no width, no option.

    >>> network = build_meta(Build("lenet3", (1, 28, 28), 10))
    >>> network.taps["conv3"], next(network.parameters()).device.type
    ((32, 4, 4), 'meta')
    """
    family = find_family(build.family)
    return family.shape_only(build.input_shape, build.classes, build.width, **build.options)


def materialise(network: TapNetwork, tensors: Mapping[str, Tensor]) -> TapNetwork:
    """Put ``tensors`` in place of the meta weights without copying them.

    The network comes back frozen and in eval mode, for that is how a library model is used.

    Raises:
        InvalidInput: names or shapes are not those of this network.
    """
    wanted_tensors(network, {name: _kind(tensor) for name, tensor in tensors.items()})
    network.load_state_dict(dict(tensors), strict=True, assign=True)
    network.requires_grad_(False)
    return network.eval()


def wanted_tensors(network: TapNetwork, found: Mapping[str, str]) -> None:
    """Refuse tensors, described as "(2, 3) of float32" by name, that are not the network's.

    Raises:
        InvalidInput: names the first that is missing, too many or of another kind.
    """
    wanted = {name: _kind(tensor) for name, tensor in network.state_dict().items()}
    if wanted != found:
        odd = sorted(set(wanted.items()) ^ set(found.items()))[0][0]
        raise InvalidInput(
            f"checkpoint tensor {odd}",
            found=found.get(odd, "nothing"),
            expected=wanted.get(odd, "no such tensor")
            + f" for {network.family} with input {network.input_shape}",
        )


def _kind(tensor: Tensor) -> str:
    """Shape and type in words.

    >>> import torch
    >>> _kind(torch.zeros(2, 3))
    '(2, 3) of float32'
    """
    return f"{tuple(tensor.shape)} of {str(tensor.dtype).removeprefix('torch.')}"
