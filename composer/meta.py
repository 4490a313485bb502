"""Networks without numbers: built on the meta device, filled from memory-mapped tensors."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TypeVar

from torch import Tensor, nn

from atlas.errors import InvalidInput
from composer.families.base import Build, TapNetwork
from composer.families.registry import find_family

Module = TypeVar("Module", bound=nn.Module)


def build_meta(build: Build) -> TapNetwork:
    """A network that holds shapes only; costs no memory for weights.

    Raises:
        NotFound: unknown family. InvalidInput: input too small, one class, no width, no option.

    >>> network = build_meta(Build("lenet3", (1, 28, 28), 10))
    >>> network.taps["conv3"], next(network.parameters()).device.type
    ((32, 4, 4), 'meta')
    """
    options = tuple(sorted(build.options.items()))
    return _twin(_built(build.family, build.input_shape, build.classes, build.width, options))


def materialise(network: TapNetwork, tensors: Mapping[str, Tensor]) -> TapNetwork:
    """Put ``tensors`` in place of the meta weights without copying them.

    The network comes back frozen and in eval mode, for that is how a library model is used.

    Raises:
        InvalidInput: names or shapes are not those of this network.
    """
    places = list(_places(network))
    if len(places) != len(tensors) or not all(
        _alike(getattr(module, own), tensors.get(name)) for name, module, own in places
    ):
        wanted_tensors(network, {name: _kind(tensor) for name, tensor in tensors.items()})
    for name, module, own in places:
        if own in module._parameters:
            module._parameters[own] = nn.Parameter(tensors[name], requires_grad=False)
        else:
            module._buffers[own] = tensors[name]
    _rest(network)
    return network


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


@lru_cache(maxsize=256)
def _built(
    family: str,
    shape: tuple[int, ...],
    classes: int,
    width: float,
    options: tuple[tuple[str, int], ...],
) -> TapNetwork:
    """One network of each build: sending shapes through it takes longer than all the rest."""
    return find_family(family).shape_only(shape, classes, width, **dict(options))


def _twin(module: Module) -> Module:
    """A module of its own with the same weights: what can be changed in place is copied.

    ``copy.deepcopy`` takes many times as long, for it looks at every attribute.
    """
    twin: Module = module.__new__(type(module))
    for name, value in vars(module).items():
        kind = type(value)
        if kind in (dict, OrderedDict, list, set):  # most are empty, and cheaper made than copied
            value = kind(value) if value else kind()
        twin.__dict__[name] = value
    for name, child in module._modules.items():
        twin._modules[name] = child and _twin(child)
    return twin


def _places(module: nn.Module, prefix: str = "") -> Iterator[tuple[str, nn.Module, str]]:
    """Where each tensor of the state belongs: its name, the module, its name there."""
    for own, weight in module._parameters.items():
        if weight is not None:
            yield prefix + own, module, own
    for own, buffer in module._buffers.items():
        if buffer is not None and own not in module._non_persistent_buffers_set:
            yield prefix + own, module, own
    for own, child in module._modules.items():
        if child is not None:
            yield from _places(child, f"{prefix}{own}.")


def _rest(module: nn.Module) -> None:
    """Eval mode throughout; ``module.eval()`` spends most of its time on looking at names."""
    module.__dict__["training"] = False
    for child in module._modules.values():
        if child is not None:
            _rest(child)


def _alike(wanted: Tensor, found: Tensor | None) -> bool:
    return found is not None and wanted.shape == found.shape and wanted.dtype == found.dtype


def _kind(tensor: Tensor) -> str:
    """Shape and type in words.

    >>> import torch
    >>> _kind(torch.zeros(2, 3))
    '(2, 3) of float32'
    """
    return f"{tuple(tensor.shape)} of {str(tensor.dtype).removeprefix('torch.')}"
