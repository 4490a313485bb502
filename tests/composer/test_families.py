from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from atlas.errors import InvalidInput, NotFound
from composer.families.base import ConvBlock, pool, pooled_width
from composer.families.registry import all_families, find_family, register_family
from composer.meta import build_meta, materialise

FAMILIES = sorted(all_families())

TABLE_6 = {
    "lenet3": (28, [(8, 28), (16, 14), (32, 7)]),
    "lenet5": (112, [(8, 112), (16, 56), (32, 28), (64, 14), (128, 7)]),
    "mediumnet": (112, [(8, 112), (16, 56), (32, 28), (64, 14)]),
    "sparsenet": (
        112,
        [(12, 112), (1, 112), (8, 112), (16, 56), (32, 28), (64, 14), (128, 7)],
    ),
}
KERNELS = {
    "lenet3": [5, 3, 3],
    "lenet5": [5, 3, 3, 3, 3],
    "mediumnet": [3, 3, 3, 3],
    "sparsenet": [3, 1, 5, 3, 3, 3, 3],
}


def first_layer(block: nn.Module) -> nn.Conv2d:
    layer = next(block.children())
    assert isinstance(layer, nn.Conv2d)
    return layer


@pytest.mark.parametrize("name", FAMILIES)
def test_convolutions_are_those_of_the_papers_table(name: str) -> None:
    side, rows = TABLE_6[name]
    network = find_family(name).build((1, side, side), 10)
    seen: list[tuple[int, int]] = []
    kernels: list[int] = []
    for block in network.blocks.values():
        convolution = first_layer(block)
        kernels.append(convolution.kernel_size[0])
        convolution.register_forward_hook(
            lambda _module, _args, out: seen.append((out.shape[1], out.shape[-1]))
        )
    network(torch.zeros(1, 1, side, side))
    assert seen == rows
    assert kernels == KERNELS[name]


def test_pooling_comes_before_the_activation() -> None:
    names = [type(layer).__name__ for layer in ConvBlock(1, 2, 3)]
    assert names == ["Conv2d", "MaxPool2d", "LeakyReLU"]


def test_sparsenet_is_depthwise_after_its_neck() -> None:
    blocks = find_family("sparsenet").build((1, 32, 32), 10, 2.0).blocks
    for name in ("conv3", "conv4", "conv5", "conv6", "conv7"):
        convolution = first_layer(blocks[name])
        assert convolution.groups == convolution.in_channels


@settings(max_examples=20, deadline=None)
@given(
    name=st.sampled_from(FAMILIES),
    height=st.integers(16, 36),
    columns=st.integers(16, 36),
    channels=st.integers(1, 3),
    width=st.sampled_from([0.25, 0.5, 1.0, 1.7, 2.0]),
)
def test_taps_known_without_data_are_what_data_give(
    name: str, height: int, columns: int, channels: int, width: float
) -> None:
    shape = (channels, height, columns)
    network = find_family(name).build(shape, 3, width)
    x = torch.rand(2, *shape)
    maps = network.features(x)
    assert {tap: tuple(tensor.shape[1:]) for tap, tensor in maps.items()} == network.taps
    assert list(network.taps) == [f"conv{i + 1}" for i in range(len(network.taps))]
    vectors = network.pooled(x)
    assert {tap: vector.shape[1] for tap, vector in vectors.items()} == network.widths()
    assert torch.equal(vectors["logits"], network(x))


@pytest.mark.parametrize("name", FAMILIES)
def test_smallest_input_works_and_one_less_is_refused(name: str) -> None:
    family = find_family(name)
    side = family.minimum
    assert family.build((1, side, side), 2)(torch.zeros(1, 1, side, side)).shape == (1, 2)
    with pytest.raises(InvalidInput, match=rf"input_shape: .*at least {side} pixels"):
        family.build((1, side, side - 1), 2)


def test_weights_come_from_the_seed_alone() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = find_family("lenet3").build((1, 16, 16), 10, seed=5).state_dict()
    torch.manual_seed(2)
    second = find_family("lenet3").build((1, 16, 16), 10, seed=5).state_dict()
    other = find_family("lenet3").build((1, 16, 16), 10, seed=6).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["classifier.weight"], other["classifier.weight"])
    torch.manual_seed(1)
    find_family("lenet3").build((1, 16, 16), 10, seed=5)
    assert torch.equal(torch.get_rng_state(), before)


def test_pooling_keeps_the_coarse_place() -> None:
    maps = torch.zeros(1, 1, 4, 4)
    maps[0, 0, 0, 3] = 4.0
    assert pool(maps).tolist() == [[0.0, 1.0, 0.0, 0.0]]
    assert pooled_width((1, 4, 4)) == 4
    assert pool(torch.ones(2, 3, 1, 5)).shape == (2, pooled_width((3, 1, 5)))


def test_unknown_family_names_those_there_are() -> None:
    with pytest.raises(NotFound, match=r"family: found resnet, expected one of lenet3, lenet5"):
        find_family("resnet")


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        register_family("lenet3", minimum=4, source="nobody")(lambda channels, width: {})


@pytest.mark.parametrize(("classes", "width"), [(1, 1.0), (10, 0.0), (10, -1.0)])
def test_no_classes_or_no_width_is_refused(classes: int, width: float) -> None:
    with pytest.raises(InvalidInput):
        build_meta("lenet3", (1, 16, 16), classes, width)


def test_meta_network_takes_tensors_without_copying() -> None:
    made = find_family("lenet3").build((1, 16, 16), 10, seed=1)
    tensors = dict(made.state_dict())
    network = materialise(build_meta("lenet3", (1, 16, 16), 10), tensors)
    assert network.classifier.weight.data_ptr() == tensors["classifier.weight"].data_ptr()
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())
    x = torch.rand(3, 1, 16, 16)
    assert torch.equal(network(x), made.eval()(x))


def test_tensors_of_another_network_are_refused() -> None:
    tensors = find_family("lenet5").build((1, 16, 16), 10).state_dict()
    with pytest.raises(InvalidInput, match=r"checkpoint tensor .* for lenet3"):
        materialise(build_meta("lenet3", (1, 16, 16), 10), tensors)
