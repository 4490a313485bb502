from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from composer.plan import FusionTree, fusion_tree


def leaves(tree: FusionTree) -> list[str]:
    return [tree] if isinstance(tree, str) else [leaf for branch in tree for leaf in leaves(branch)]


@st.composite
def couplings(draw: st.DrawFn) -> tuple[list[str], list[dict[str, object]]]:
    areas = [f"area{i}" for i in range(draw(st.integers(0, 6)))]
    value = st.floats(0, 1, allow_nan=False)
    return areas, [{"a": a, "b": b, "value": draw(value)} for a, b in combinations(areas, 2)]


@given(couplings())
def test_every_area_is_joined_exactly_once(
    case: tuple[list[str], list[dict[str, object]]],
) -> None:
    areas, rows = case
    assert sorted(leaves(fusion_tree(areas, rows))) == areas


@given(couplings())
def test_the_strongest_pair_is_joined_first(
    case: tuple[list[str], list[dict[str, object]]],
) -> None:
    areas, rows = case
    if len(areas) < 2:
        return
    top = max(float(str(row["value"])) for row in rows)
    strongest = [{row["a"], row["b"]} for row in rows if row["value"] == top]
    assert any(set(pair) in strongest for pair in joined_leaf_pairs(fusion_tree(areas, rows)))


def joined_leaf_pairs(tree: FusionTree) -> list[list[str]]:
    if isinstance(tree, str):
        return []
    own = [tree] if all(isinstance(branch, str) for branch in tree) else []
    return own + [pair for branch in tree for pair in joined_leaf_pairs(branch)]


def test_one_area_is_its_own_tree() -> None:
    assert fusion_tree(["visual"], []) == "visual"
