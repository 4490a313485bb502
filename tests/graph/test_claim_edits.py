"""People's claims: stated, reviewed, weighed, taken back; links follow, on both servers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from atlas.errors import Conflict, Forbidden, InvalidInput, NeuroweaveError, NotFound
from graph import claims, comments, content, edits, history, links, revisions, sources
from graph.edits import Edit
from graph.statements import citation, text, weight
from graph.store import Store
from tests.graph.small import CLAIMS, SOURCE, fill

NEW = Edit(
    "add_claim",
    region="a:1",
    function="hearing",
    weight=0.5,
    rationale="Lesions there impair hearing.",
    citation="https://doi.org/10.1000/ABC",
)


def _weights(store: Store, region: str, *, proposed: bool = False) -> dict[str, float]:
    rows, _ = links.list_links(store, region=region, include_proposed=proposed)
    return {row["function"]: row["weight"] for row in rows}


def _add(store: Store, edit: Edit = NEW, by: str = "ann") -> str:
    return edits.apply(store, [edit], by=by).changes[0].id


def test_a_proposal_counts_once_somebody_else_accepts_it(store: Store) -> None:
    fill(store)
    id = _add(store)
    assert _weights(store, "a:1") == {"vision.motion": 0.5}
    assert _weights(store, "a:1", proposed=True) == {"hearing": 0.5, "vision.motion": 0.5}
    with pytest.raises(Forbidden, match="stated by ann"):
        edits.apply(store, [Edit("accept", id=id)], by="ann")
    edits.apply(store, [Edit("accept", id=id, comment="Convincing.")], by="bob", reason="read it")
    assert _weights(store, "a:1") == {"hearing": 0.5, "vision.motion": 0.5}
    (row,) = claims.list_claims(store, source="curation")[0]
    assert (row["proposed_by"], row["reviewed_by"], row["status"]) == ("ann", "bob", "accepted")
    assert row["citation"] == "doi:10.1000/abc"
    steps, _ = history.of(store, record=("claim", id))
    said = [(step["by"], step["reason"]) for step in steps]
    assert said == [("bob", "read it"), ("ann", NEW.rationale)]
    assert row["reviewed_at"] == steps[0]["at"]
    (remark,) = comments.of(store, "claim", id)
    assert (remark["by"], remark["text"]) == ("bob", "Convincing.")
    assert claims.recompute(store) == 0


def test_the_policy_may_let_people_accept_their_own(store: Store) -> None:
    fill(store)
    accepted = replace(NEW, status="accepted")
    with pytest.raises(Forbidden, match="somebody else accepts it"):
        edits.apply(store, [accepted], by="ann")
    edits.apply(store, [accepted], by="ann", allow_self_review=True)
    assert _weights(store, "a:1")["hearing"] == 0.5


def test_rejecting_and_restoring(store: Store) -> None:
    fill(store)
    edits.apply(store, [Edit("reject", id="c1")], by="ann", reason="wrong coordinates")
    assert _weights(store, "a:1") == {}
    with pytest.raises(Conflict, match="found rejected"):
        edits.apply(store, [Edit("reject", id="c1")], by="ann")
    edits.apply(store, [Edit("restore", id="c1")], by="ann")
    assert _weights(store, "a:1") == {"vision.motion": 0.5}
    # What a person stated is proposed again, not accepted.
    id = _add(store)
    edits.apply(store, [Edit("reject", id=id)], by="bob")
    edits.apply(store, [Edit("restore", id=id)], by="bob")
    assert [row["id"] for row in claims.list_claims(store, status="proposed")[0]] == [id]


def test_saying_something_else_makes_it_a_proposal_again(store: Store) -> None:
    fill(store)
    id = _add(store)
    edits.apply(store, [Edit("accept", id=id)], by="bob")
    edits.apply(store, [Edit("edit", id=id, weight=0.9)], by="bob")
    (row,) = claims.list_claims(store, status="proposed")[0]
    assert (row["weight"], row["value"], row["proposed_by"]) == (0.9, 0.9, "bob")
    assert row["reviewed_by"] is None
    assert "hearing" not in _weights(store, "a:1")
    edits.apply(store, [Edit("edit", id=id, weight=0.8)], by="ann", allow_self_review=True)
    edits.apply(store, [Edit("accept", id=id)], by="bob")
    edits.apply(store, [Edit("edit", id=id, weight=0.7)], by="ann", allow_self_review=True)
    assert _weights(store, "a:1")["hearing"] == 0.7


def test_an_import_leaves_alone_what_people_touched(store: Store) -> None:
    fill(store)
    edits.apply(store, [Edit("reject", id="c1")], by="ann")
    report = claims.put(store, SOURCE, [replace(CLAIMS[0], weight=0.9), *CLAIMS[1:]], by="import")
    assert report.unchanged == 3
    assert _weights(store, "a:1") == {}


def test_a_stale_edit_says_what_is_there_now(store: Store) -> None:
    fill(store)
    (read,) = claims.list_claims(store, region="a:1")[0]
    change = Edit("edit", id="c1", weight=0.25, rationale="Weak.", expected=read["digest"])
    after = edits.apply(store, [change], by="ann").digests["claim", "c1"]
    with pytest.raises(history.Stale) as caught:
        edits.apply(store, [change], by="bob")
    assert caught.value.current is not None
    assert caught.value.current["weight"] == 0.25
    assert caught.value.digest == after
    (now,) = claims.list_claims(store, region="a:1", status=None)[0]
    assert now["digest"] == after


def test_edits_are_made_all_or_none_in_one_revision(store: Store) -> None:
    fill(store)
    before = content.digest(store)
    bad = [NEW, Edit("reject", id="nobody"), Edit("edit", id="c2", weight=0.1)]
    with pytest.raises(NotFound, match="edit 2: claim: found nobody"):
        edits.apply(store, bad, by="ann")
    assert content.digest(store) == before
    good = [NEW, Edit("reject", id="c1"), Edit("edit", id="c2", weight=0.1, rationale="Weak.")]
    last = revisions.list_revisions(store, limit=1)[0][0]["seq"]
    done = edits.apply(store, good, by="ann")
    # The source of people's claims comes first, once, in a revision of its own.
    assert done.seq == last + 2
    assert [row["change"] for row in history.diff(store, last + 1, last + 2)] == [
        "changed",
        "changed",
        "created",
    ]
    assert claims.recompute(store) == 0


def test_a_plan_writes_nothing_and_names_every_problem(store: Store) -> None:
    fill(store)
    before = (content.digest(store), len(revisions.list_revisions(store)[0]))
    planned = edits.plan(
        store,
        [
            Edit("reject", id="c1"),
            Edit("accept", id="nobody"),
            replace(NEW, region="a:404"),
            Edit("accept", id="c2"),
            Edit("edit", id="c3", weight=0.5, rationale="Weak."),
            Edit("edit", id="c3", weight=0.6, rationale="Weak."),
            replace(NEW, weight=2.0),
        ],
        by="ann",
    )
    assert [(change.index, change.id) for change in planned.would] == [(0, "c1"), (4, "c3")]
    assert planned.would[0].fields == {
        "reviewed_by": [None, "ann"],
        "status": ["accepted", "rejected"],
    }
    assert [problem.index for problem in planned.unknown] == [1, 2]
    assert [problem.index for problem in planned.conflicts] == [3, 5]
    assert [problem.index for problem in planned.problems] == [1, 2, 3, 5, 6]
    assert (content.digest(store), len(revisions.list_revisions(store)[0])) == before


def test_an_edit_that_changes_nothing_leaves_no_revision(store: Store) -> None:
    fill(store)
    before = len(revisions.list_revisions(store)[0])
    done = edits.apply(store, [Edit("edit", id="c1", weight=0.5)], by="ann")
    assert (done.seq, done.changes) == (None, [])
    assert len(revisions.list_revisions(store)[0]) == before


def test_the_same_claim_twice_is_refused(store: Store) -> None:
    fill(store)
    _add(store)
    with pytest.raises(Conflict, match="says the same"):
        _add(store, by="bob")


def test_the_licence_of_peoples_claims_stays(store: Store) -> None:
    fill(store)
    edits.set_licence(store, "CC-BY-4.0", by="ann")
    _add(store)
    assert {row["id"]: row["licence"] for row in sources.list_sources(store)}[
        "curation"
    ] == "CC-BY-4.0"


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("10.1038/nmeth.1635", "doi:10.1038/nmeth.1635"),
        (" DOI: 10.1038/NMETH.1635 ", "doi:10.1038/nmeth.1635"),
        ("http://dx.doi.org/10.1000/a(b)c", "doi:10.1000/a(b)c"),
        ("PMID:21706013", "PMID:21706013"),
        ("https://pubmed.ncbi.nlm.nih.gov/21706013/", "PMID:21706013"),
        ("https://pubmed.ncbi.nlm.nih.gov/21706013/?term=fmri", "PMID:21706013"),
        ("www.ncbi.nlm.nih.gov/pubmed/21706013", "PMID:21706013"),
        ("PMID 21706013", "PMID:21706013"),
        ("doi.org/10.1038/nmeth.1635", "doi:10.1038/nmeth.1635"),
        ("doi: https://www.doi.org/10.1038/nmeth.1635", "doi:10.1038/nmeth.1635"),
        ("10.1038/nmeth.1635.", "doi:10.1038/nmeth.1635"),
        # A journal of the field had such DOIs for years.
        (
            "https://doi.org/10.1002/%28SICI%291097-0193%281999%298:2/3%3C109::AID-HBM7%3E3.0.CO;2-W",
            "doi:10.1002/(sici)1097-0193(1999)8:2/3<109::aid-hbm7>3.0.co;2-w",
        ),
    ],
)
def test_citations_have_one_form(given: str, stored: str) -> None:
    assert citation(given) == stored
    assert citation(stored) == stored


@pytest.mark.parametrize(
    "given",
    [
        *("", "Smith 2020", "10.1/x", "doi:", "PMID:0", "PMID:x", "10.1000/a b", "10.1000/a\x07"),
        *(
            "PMC3146590",
            "https://doi.org/10.1000/a%20b",
            "https://doi.org/10.1000/a%0ab",
            "10.1000/.",
        ),
        "https://example.org/10.1000/a",
    ],
)
def test_other_citations_are_refused(given: str) -> None:
    with pytest.raises(InvalidInput, match="citation"):
        citation(given)


def test_a_bare_number_is_told_how_to_be_a_pubmed_id() -> None:
    with pytest.raises(InvalidInput, match="PMID:21706013 if this is one of PubMed"):
        citation("21706013")


@pytest.mark.parametrize("given", ["", "  ", "a\x00b", "a\u202eb", "x" * 4001])
def test_texts_are_bounded_and_without_control_characters(given: str) -> None:
    with pytest.raises(InvalidInput, match="rationale"):
        text("rationale", given)


@pytest.mark.parametrize("given", [0.0, -1.0, 1.5, float("nan"), True])
def test_weights_lie_between_0_and_1(given: float) -> None:
    with pytest.raises(NeuroweaveError, match="weight"):
        weight(given)
