"""Networks without numbers: built on the meta device, filled from memory-mapped tensors."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from atlas.errors import InvalidInput
from composer.families.base import Shape, TapNetwork
from composer.families.registry import find_family


def build_meta(family: str, input_shape: Shape, classes: int, width: float = 1.0) -> TapNetwork:
    """A network of ``family`` that holds shapes only; costs no memory for weights.

    Raises:
        NotFound: unknown family. InvalidInput: input too small, no classes, no width.

    >>> network = build_meta("lenet3", (1, 28, 28), 10)
    >>> network.taps["conv3"], network.classifier.weight.device.type
    ((32, 4, 4), 'meta')
    """
    return find_family(family).shape_only(input_shape, classes, width)


def materialise(network: TapNetwork, tensors: Mapping[str, Tensor]) -> TapNetwork:
    """Put ``tensors`` in place of the meta weights without copying them.

    The network comes back frozen and in eval mode, for that is how a library model is used.

    Raises:
        InvalidInput: names or shapes are not those of this network.
    """
    wanted = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if wanted != found:
        odd = sorted(set(wanted.items()) ^ set(found.items()))[0][0]
        raise InvalidInput(
            f"checkpoint tensor {odd}",
            found=found.get(odd, "nothing"),
            expected=str(wanted.get(odd, "no such tensor"))
            + f" for {network.family} with input {network.input_shape}",
        )
    network.load_state_dict(dict(tensors), strict=True, assign=True)
    network.requires_grad_(False)
    return network.eval()
