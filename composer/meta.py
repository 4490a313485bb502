"""Networks without numbers: built on the meta device, filled from memory-mapped tensors."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from functools import lru_cache

from torch import Tensor, nn

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
    return _network(_mould(build), None)


def materialise(build: Build, tensors: Mapping[str, Tensor]) -> TapNetwork:
    """The network with ``tensors`` for its weights, which are not copied.

    It comes frozen and in eval mode, for that is how a library model is used.

    Raises:
        NotFound: unknown family.
        InvalidInput: as :func:`build_meta`; or names, shapes or types of others than this network.
    """
    mould = _mould(build)
    if len(mould.wanted) != len(tensors) or not all(
        (found := tensors.get(name)) is not None and found.shape == shape and found.dtype == dtype
        for name, shape, dtype in mould.wanted
    ):
        described = {name: _kind(tensor) for name, tensor in tensors.items()}
        wanted_tensors(_network(mould, None), described)
    return _network(mould, tensors)


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


class _Mould:
    """A module taken apart once, so that modules like it are made fast.

    Sending shapes through a new network takes longer than all the rest, and ``copy.deepcopy`` many
    times as long as this, for it looks at every attribute.
    """

    def __init__(self, module: nn.Module, prefix: str = "") -> None:
        self.kind = type(module)
        self.plain: dict[str, object] = {}
        self.changing: list[tuple[str, type, object]] = []
        for name, value in vars(module).items():
            if type(value) in (dict, OrderedDict, list, set):  # most are empty
                self.changing.append((name, type(value), value or ()))
            else:
                self.plain[name] = value
        passing = module._non_persistent_buffers_set
        self.weights = [(n, prefix + n) for n, one in module._parameters.items() if one is not None]
        self.buffers = [
            (n, prefix + n)
            for n, one in module._buffers.items()
            if one is not None and n not in passing
        ]
        self.parts = [
            (name, _Mould(part, f"{prefix}{name}."))
            for name, part in module._modules.items()
            if part is not None
        ]
        self.wanted = [(name, t.shape, t.dtype) for name, t in module.state_dict().items()]

    def cast(self, tensors: Mapping[str, Tensor] | None) -> nn.Module:
        """A module of its own; without tensors it shares the mould's, which hold no numbers."""
        made: nn.Module = self.kind.__new__(self.kind)
        inside = made.__dict__
        inside.update(self.plain)
        for name, kind, value in self.changing:
            inside[name] = kind(value) if value else kind()
        for name, part in self.parts:
            inside["_modules"][name] = part.cast(tensors)
        if tensors is not None:
            inside["training"] = False
            for own, name in self.weights:
                inside["_parameters"][own] = nn.Parameter(tensors[name], requires_grad=False)
            for own, name in self.buffers:
                inside["_buffers"][own] = tensors[name]
        return made


@lru_cache(maxsize=256)
def _moulded(
    family: str,
    shape: tuple[int, ...],
    classes: int,
    width: float,
    options: tuple[tuple[str, int], ...],
) -> _Mould:
    return _Mould(find_family(family).shape_only(shape, classes, width, **dict(options)))


def _mould(build: Build) -> _Mould:
    options = tuple(sorted(build.options.items()))
    return _moulded(build.family, build.input_shape, build.classes, build.width, options)


def _network(mould: _Mould, tensors: Mapping[str, Tensor] | None) -> TapNetwork:
    network = mould.cast(tensors)
    assert isinstance(network, TapNetwork)
    return network


def _kind(tensor: Tensor) -> str:
    """Shape and type in words.

    >>> import torch
    >>> _kind(torch.zeros(2, 3))
    '(2, 3) of float32'
    """
    return f"{tuple(tensor.shape)} of {str(tensor.dtype).removeprefix('torch.')}"
