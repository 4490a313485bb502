"""Claims computed from a database's folder: stored, the same again, and recomputed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from atlas.errors import InvalidInput
from atlas.model import FunctionTerm
from graph import atlases, claims, functions, matrices, revisions
from graph.store import Store
from ingest import builtin, meta
from ingest.compute import Options
from jobs.claims import ClaimsRequest, run_claims
from tests.atlas.examples import spheres
from tests.jobs import studies
from tests.jobs.studies import STUDIES

folder = pytest.fixture(scope="module")(studies.written)


def test_options_are_checked() -> None:
    for wrong in ({"statistic": "t"}, {"terms": "some"}, {"talairach": "no"}, {"q": 0.0}):
        with pytest.raises(InvalidInput):
            Options(**wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="atlas"):
        ClaimsRequest.from_dict({"data": "x"})
    with pytest.raises(InvalidInput, match="colour"):
        ClaimsRequest.from_dict({"atlas": "a", "data": "x", "colour": 1})
    request = ClaimsRequest("a", Path("d"), None, Options(terms="all", q=0.01))
    assert ClaimsRequest.from_dict(request.to_dict()) == request


@pytest.mark.server
def test_compute_store_and_recompute(store: Store, folder: Path) -> None:
    atlas = spheres((0, 0, 0, 5), (40, 0, 0, 5))
    atlases.put(store, atlas)
    functions.put(store, [FunctionTerm(f.id, f.name) for f in builtin.functions()])
    request = ClaimsRequest(atlas.id, folder, None, Options(terms="all"))
    found = run_claims(store, request)
    assert found["n_studies"] == STUDIES
    assert found["claims"]["created"] == found["claims"]["computed"] > 0
    rows, _ = claims.list_claims(store, source=found["source"])
    assert (f"{atlas.id}:1", "perception.gustation") in {(r["region"], r["function"]) for r in rows}

    matrix = matrices.get(store, atlas.id)
    assert matrix is not None
    words = matrices.get(store, atlas.id, found["matrices"][1]["source"])
    assert words is not None
    assert words.functions == ("odor", "taste")

    # Everything stored follows from the stored counts; z needs the strata besides and is
    # therefore held against the matrix, whose z was computed for all pairs.
    for row in rows:
        at = matrix.regions.index(row["region"]), matrix.functions.index(row["function"])
        four = [row[name] for name in ("both", "region_only", "function_only", "neither")]
        assert four == [int(getattr(matrix, n)[at]) for n in (
            "both", "region_only", "function_only", "neither")]  # fmt: skip
        assert sum(four) == STUDIES
        assert row["value"] == pytest.approx(float(matrix.z[at]), rel=1e-6)
        lower = float(meta.lower_log_odds(*four))
        assert row["lower"] == pytest.approx(lower)
        assert row["weight"] == pytest.approx(float(meta.weight(lower)))
    q = meta.benjamini_hochberg(meta.two_sided_p(matrix.z.astype(np.float64)))
    for row in rows:
        at = matrix.regions.index(row["region"]), matrix.functions.index(row["function"])
        assert row["q"] == pytest.approx(float(q[at]), rel=1e-4)

    before = revisions.list_revisions(store, limit=3, after=None)
    again = run_claims(store, request)
    assert again["claims"]["unchanged"] == found["claims"]["computed"]
    assert not any(one["written"] for one in again["matrices"])
    assert revisions.list_revisions(store, limit=3, after=None) == before

    strict = run_claims(store, ClaimsRequest(atlas.id, folder, None, Options(min_studies=1000)))
    assert strict["claims"]["computed"] == 0
    assert strict["claims"]["rejected"] == found["claims"]["computed"]
    assert claims.list_claims(store, source=found["source"])[0] == []
