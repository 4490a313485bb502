"""Evidence over HTTP: brought in at once, or computed by a job from the server's own data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.context import Context
from atlas.errors import InvalidInput
from graph.store import Store
from ingest import neuroquery
from jobs.claims import ClaimsRequest
from neuroweave.client import ApiError, Client
from tests.api import world
from tests.conftest import empty

pytestmark = pytest.mark.server

COLUMNS = "region\tfunction\tstatistic\tvalue\tweight\n"
ROW = f"tiny:4\t{world.MOTION}\tz\t4.5\t0.6\n"


@pytest.fixture(scope="module")
def context(embedded_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    empty(embedded_store)
    world.fill(embedded_store)
    settings = world.config(tmp_path_factory.mktemp("claims"))
    with world.opened(embedded_store, settings) as context:
        (settings.data / "neuroquery").mkdir(parents=True)
        (settings.data / "neuroquery" / neuroquery.COORDINATES).touch()
        (settings.data / "other" / "empty").mkdir(parents=True)
        yield context


@pytest.fixture(scope="module")
def client(context: Context) -> Iterator[Client]:
    with world.serving(context) as served, Client(served.url) as client:
        yield client


def test_a_table_is_checked_then_written_then_unchanged(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text(f"# licence: CC0\n{COLUMNS}{ROW}", "utf-8")
    counts = []
    for dry_run in (True, False, False):
        found = client.import_claims("table", source="mine", table=path, dry_run=dry_run)
        counts.append(found["sources"][0]["claims"])
    assert [c["created"] for c in counts] == [1, 1, 0]
    assert counts[2]["unchanged"] == 1
    assert list(client.claims(region="tiny:4")["source"]) == ["mine"]


def test_faults_of_a_table_name_their_lines(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "bad.tsv"
    path.write_text(f"{COLUMNS}{ROW.replace('0.6', '1.6')}", "utf-8")
    with pytest.raises(ApiError, match="line 2") as error:
        client.import_claims("table", source="bad", table=path)
    assert error.value.status == 422
    assert "/" not in str(error.value).replace("n/a", "")
    with pytest.raises(ApiError, match="source: found bad"):
        client.claims(source="bad")


def test_networks_that_no_region_names(client: Client) -> None:
    with pytest.raises(ApiError, match="no network"):
        client.import_claims("networks", atlas="tiny")


@pytest.mark.parametrize("data", ["../secret", "/etc", "none", ".hidden", "a/../../b", "C:\\x"])
def test_only_the_servers_own_data_can_be_named(client: Client, data: str) -> None:
    for call in (
        lambda: client.compute_claims("tiny", data, wait=False),
        lambda: client.import_claims("brainnetome", atlas="tiny", data=data),
    ):
        with pytest.raises(ApiError) as error:
            call()
        assert error.value.status == 422
        assert error.value.errors[0]["field"].endswith("data")


def test_a_computation_is_submitted_as_a_job(client: Client, context: Context) -> None:
    job = client.compute_claims("tiny", "neuroquery", statistic="chi2", q=0.01, wait=False)
    assert (job["kind"], job["status"]) == ("claims", "queued")
    payload = context.ledger.get(job["id"]).payload
    request = ClaimsRequest.from_dict(payload)
    assert request.data == context.config.data / "neuroquery"
    assert (request.options.statistic, request.options.q) == ("chi2", 0.01)
    client.cancel(job["id"])


def test_a_computation_that_cannot_be_is_no_job(client: Client, context: Context) -> None:
    for atlas, data, options, status in (
        ("tinny", "neuroquery", {}, 404),
        ("tiny", "other/empty", {}, 422),
        ("tiny", "neuroquery", {"statistic": "t"}, 422),
        ("tiny", "neuroquery", {"spaces": "nowhere"}, 422),
    ):
        with pytest.raises(ApiError) as error:
            client.compute_claims(atlas, data, wait=False, **options)
        assert error.value.status == status
        assert str(context.config.home) not in str(error.value.problem)
    with pytest.raises(InvalidInput):
        ClaimsRequest.from_dict({"atlas": "tiny", "data": "x", "kind": "claims"})
