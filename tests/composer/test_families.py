from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load
from torch import Tensor, nn

from atlas.errors import InvalidInput, NotFound
from composer.checkpoints import encode
from composer.families.base import Build, ConvBlock, Shape, TapNetwork, pool, pooled_width
from composer.families.registry import Family, all_families, find_family, register_family
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
SMALL = (1, 16, 19)
"""An input that every family but those for text can read."""


def shape_for(family: Family) -> Shape:
    return (9,) if family.tokens else SMALL


def samples(network: TapNetwork, count: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    if len(network.input_shape) == 1:
        return torch.randint(0, 2, (count, *network.input_shape), generator=generator)
    return torch.rand(count, *network.input_shape, generator=generator)


def first_layer(block: nn.Module) -> nn.Conv2d:
    layer = next(block.children())
    assert isinstance(layer, nn.Conv2d)
    return layer


def test_the_library_is_large_enough() -> None:
    assert len(FAMILIES) >= 12
    for family in all_families().values():
        assert family.source
        assert family.chain.__doc__


@pytest.mark.parametrize("name", TABLE_6)
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
    kinds = (nn.Conv2d, nn.MaxPool2d, nn.LeakyReLU)
    assert all(map(isinstance, ConvBlock(1, 2, 3), kinds))


def test_sparsenet_is_depthwise_after_its_neck() -> None:
    blocks = find_family("sparsenet").build((1, 32, 32), 10, 2.0).blocks
    for name in ("conv3", "conv4", "conv5", "conv6", "conv7"):
        convolution = first_layer(blocks[name])
        assert convolution.groups == convolution.in_channels


@settings(max_examples=20, deadline=None)
@given(
    name=st.sampled_from(sorted(TABLE_6)),
    height=st.integers(16, 36),
    columns=st.integers(16, 36),
    channels=st.integers(1, 3),
    width=st.sampled_from([0.25, 0.5, 1.0, 1.7, 2.0]),
)
def test_taps_known_without_data_are_what_data_give(
    name: str, height: int, columns: int, channels: int, width: float
) -> None:
    network = find_family(name).build((channels, height, columns), 3, width)
    check_taps(network)
    assert list(network.taps) == [f"conv{i + 1}" for i in range(len(network.taps))]


def check_taps(network: TapNetwork) -> None:
    x = samples(network, 2)
    maps = network.features(x)
    assert {tap: tuple(tensor.shape[1:]) for tap, tensor in maps.items()} == network.taps
    vectors = network.pooled(x)
    assert {tap: vector.shape[1] for tap, vector in vectors.items()} == network.widths()
    assert torch.isfinite(vectors["logits"]).all()
    assert torch.equal(vectors["logits"], network(x))


@pytest.mark.parametrize(("name", "width"), list(itertools.product(FAMILIES, (0.3, 0.5))))
def test_every_family_at_several_sizes(name: str, width: float) -> None:
    family = find_family(name)
    network = family.build(shape_for(family), 3, width).eval()
    assert network.training is False
    check_taps(network)
    x = samples(network, 3)
    assert torch.equal(network(x), network(x))
    assert torch.allclose(network(x)[:1], network(x[:1]), atol=1e-5)
    assert network(x[:1]).shape == (1, 3)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_is_a_shape_first_and_comes_back_from_its_state(name: str) -> None:
    family = find_family(name)
    made = family.build(shape_for(family), 4, 0.3, seed=2).eval()
    shape = build_meta(made.build)
    assert {parameter.device.type for parameter in shape.parameters()} == {"meta"}
    assert shape.taps == made.taps
    assert shape.parameter_count() == made.parameter_count()
    again = materialise(made.build, load(encode(made.state_dict(), {})))
    x = samples(made, 2)
    assert torch.equal(again(x), made(x))
    assert not again.training


@pytest.mark.parametrize(
    ("name", "option"), [(name, key) for name in FAMILIES for key in find_family(name).options]
)
def test_options_change_the_size_within_their_bounds(name: str, option: str) -> None:
    family = find_family(name)
    bounds = family.options[option]
    shape = shape_for(family)
    usual, other = (
        family.shape_only(shape, 3, 0.3, **{option: value})
        for value in (bounds.default, bounds.default + 1)
    )
    assert usual.parameter_count() == family.shape_only(shape, 3, 0.3).parameter_count()
    assert other.parameter_count() != usual.parameter_count()
    for wrong in (bounds.low - 1, bounds.high + 1):
        with pytest.raises(InvalidInput, match=rf"options.{option}: found {wrong}"):
            family.shape_only(shape, 3, **{option: wrong})


@pytest.mark.parametrize(("depth", "parameters"), [(20, 269_722), (56, 853_018)])
def test_resnets_have_the_published_number_of_parameters(depth: int, parameters: int) -> None:
    build = Build("resnet-cifar", (3, 32, 32), 10, options={"blocks": (depth - 2) // 6})
    assert build_meta(build).parameter_count() == parameters


def test_causal_convolutions_do_not_see_what_comes_after() -> None:
    network = find_family("tcn").build((1, 4, 12), 2, 0.2).eval()
    x = samples(network, 1)
    changed = x.clone()
    changed[..., 7:] = 9.0
    for before, after in zip(
        network.features(x).values(), network.features(changed).values(), strict=True
    ):
        assert torch.equal(before[..., :7], after[..., :7])
        assert not torch.equal(before[..., 7:], after[..., 7:])


def test_a_network_without_classifier_has_taps_alone() -> None:
    network = find_family("lenet-bn").build((1, 16, 16), 0, layers=2).eval()
    assert list(network.widths()) == list(network.pooled(samples(network, 1))) == ["conv1", "conv2"]
    assert not any(name.startswith("classifier") for name in network.state_dict())


@pytest.mark.parametrize("name", sorted(TABLE_6))
def test_smallest_input_works_and_one_less_is_refused(name: str) -> None:
    family = find_family(name)
    side = family.minimum[0]
    assert family.build((1, side, side), 2)(torch.zeros(1, 1, side, side)).shape == (1, 2)
    with pytest.raises(InvalidInput, match=rf"input_shape: .*at least {side} × {side}"):
        family.build((1, side, side - 1), 2)


@pytest.mark.parametrize("name", FAMILIES)
def test_inputs_of_another_kind_are_refused(name: str) -> None:
    family = find_family(name)
    for shape in ((), (1, 1, 0), (1, 2), (1, 0, 99), (0, 99, 99), (1, 99, 10**9)):
        with pytest.raises(InvalidInput, match="input_shape"):
            family.shape_only(shape, 2)
    with pytest.raises(InvalidInput, match="options: found depth, expected an option"):
        family.shape_only(shape_for(family), 2, depth=3)


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


def test_normalisation_starts_as_the_identity() -> None:
    state = find_family("resnet-cifar").build((1, 8, 8), 2, 0.2, blocks=1).state_dict()
    assert state["blocks.stem.1.weight"].eq(1).all()
    assert state["blocks.stem.1.bias"].eq(0).all()
    assert state["blocks.stem.1.running_var"].eq(1).all()


def test_pooling_keeps_the_coarse_place() -> None:
    maps = torch.zeros(1, 1, 4, 4)
    maps[0, 0, 0, 3] = 4.0
    assert pool(maps).tolist() == [[0.0, 1.0, 0.0, 0.0]]
    assert pooled_width((1, 4, 4)) == 4
    assert pool(torch.ones(2, 3, 1, 5)).shape == (2, pooled_width((3, 1, 5)))
    assert pool(torch.arange(4.0).view(1, 1, 4)).tolist() == [[0.5, 2.5]]
    assert pool(torch.ones(2, 3)).shape == (2, pooled_width((3,)))


def test_unknown_family_names_those_there_are() -> None:
    with pytest.raises(NotFound, match=r"family: found resnet, expected one of .*lenet3, lenet5"):
        find_family("resnet")


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        register_family("lenet3", source="nobody")(lambda shape, width: {})


@pytest.mark.parametrize(("classes", "width"), [(1, 1.0), (-1, 1.0), (10, 0.0), (10, -1.0)])
def test_one_class_or_no_width_is_refused(classes: int, width: float) -> None:
    with pytest.raises(InvalidInput):
        build_meta(Build("lenet3", (1, 16, 16), classes, width))


LENET3 = Build("lenet3", (1, 16, 16), 10)


def test_meta_network_takes_tensors_without_copying() -> None:
    made = find_family("lenet3").build((1, 16, 16), 10, seed=1)
    tensors = dict(made.state_dict())
    network = materialise(LENET3, tensors)
    taken = network.state_dict()["classifier.weight"]
    assert taken.data_ptr() == tensors["classifier.weight"].data_ptr()
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())
    x = torch.rand(3, 1, 16, 16)
    assert torch.equal(network(x), made.eval()(x))


def test_tensors_of_another_network_are_refused() -> None:
    tensors = find_family("lenet5").build((1, 16, 16), 10).state_dict()
    with pytest.raises(InvalidInput, match=r"checkpoint tensor .* for lenet3"):
        materialise(LENET3, tensors)


def test_numbers_of_another_kind_are_refused() -> None:
    tensors = find_family("lenet3").build((1, 16, 16), 10).half().state_dict()
    with pytest.raises(InvalidInput, match=r"found \(10\,\) of float16, expected \(10,\) of float"):
        materialise(
            LENET3,
            {"classifier.bias": tensors["classifier.bias"]}
            | {
                name: tensor.float()
                for name, tensor in tensors.items()
                if name != "classifier.bias"
            },
        )
