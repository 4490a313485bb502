"""The rule from claims to links, as a property."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from graph.projection import RULES, project

weights = st.floats(min_value=1e-6, max_value=1.0)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "region": st.sampled_from(["r", "q"]),
            "function": st.sampled_from(["f", "g"]),
            "source": st.sampled_from(["s", "t", "u"]),
            "id": st.uuids().map(str),
            "weight": weights,
        }
    ),
    max_size=30,
)


@given(rows, st.randoms())
def test_order_of_claims_does_not_matter(claims, random) -> None:  # noqa: ANN001
    shuffled = list(claims)
    random.shuffle(shuffled)
    assert project(shuffled) == project(claims)


@given(rows)
def test_nothing_is_lost_or_invented(claims) -> None:  # noqa: ANN001
    links = project(claims)
    assert {(link["region"], link["function"]) for link in links} == {
        (claim["region"], claim["function"]) for claim in claims
    }
    assert sorted(id for link in links for id in link["claims"]) == sorted(
        claim["id"] for claim in claims
    )
    for link in links:
        own = dict(zip(link["sources"], link["source_weights"], strict=True))
        assert link["weight"] == RULES[link["rule"]](own) == max(own.values())
        for claim in claims:
            if (claim["region"], claim["function"]) == (link["region"], link["function"]):
                assert own[claim["source"]] >= claim["weight"]
