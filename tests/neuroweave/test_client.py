"""The client against a real server on a free port, blocking and asynchronous."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from api.context import Context
from graph.store import Store
from neuroweave import Client
from neuroweave.calls import decoding, library
from neuroweave.calls.dialogue import Ask
from neuroweave.client import ApiError, AsyncClient, JobFailedError
from tests.api import world
from tests.api.test_jobs import claimed, work
from tests.api.test_routes import stat_map
from tests.conftest import empty


@pytest.fixture(scope="module")
def context(embedded_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    empty(embedded_store)
    world.fill(embedded_store)
    settings = world.config(tmp_path_factory.mktemp("client"))
    with world.opened(embedded_store, settings) as context:
        yield context


@pytest.fixture(scope="module")
def url(context: Context) -> Iterator[str]:
    with world.serving(context) as served:
        yield served.url


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    with Client(url) as client:
        yield client


def test_importing_costs_nothing_and_brings_nothing() -> None:
    program = (
        "import sys; before = set(sys.modules); import neuroweave\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "rooms = {'api', 'jobs', 'search', 'training', 'composer', 'ingest', 'graph', 'atlas'}\n"
        "heavy = {'pandas', 'httpx2', 'torch', 'numpy'}\n"
        "sys.exit(', '.join(sorted(new & (rooms | heavy))) or 0)\n"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr


def test_methods_show_their_own_parameters_and_their_text() -> None:
    assert list(inspect.signature(Client.regions).parameters)[:3] == ["self", "atlas", "q"]
    with Client() as client:
        assert list(inspect.signature(client.regions).parameters)[:2] == ["atlas", "q"]
    assert "near:" in str(inspect.getdoc(AsyncClient.regions))
    assert inspect.signature(AsyncClient.regions) == inspect.signature(Client.regions)


def test_whatever_takes_an_activation_takes_the_same() -> None:
    assert (
        inspect.signature(decoding.activate).parameters.keys()
        == decoding.Inputs.__annotations__.keys()
    )
    said = decoding.inputs(peaks=[(1, 2, 3)], window=(0, 40.5), functions={"ab": 1}, atlas=None)
    assert said == {"peaks": [[1, 2, 3]], "window": "0:40.5", "functions": ["ab"]}
    with pytest.raises(TypeError, match="unexpected keyword argument 'maps'"):
        decoding.inputs(maps="x.nii.gz")  # type: ignore[call-arg]


def test_what_is_at_hand_need_not_be_rewritten() -> None:
    rows = pd.DataFrame({"x": [-44.0], "y": [-24.0], "z": [8.0], "value": [5.1]})
    said = decoding.inputs(peaks=rows, regions="tiny:1", functions="perception.audition")
    assert said == {
        "peaks": [{"x": -44.0, "y": -24.0, "z": 8.0, "value": 5.1}],
        "regions": ["tiny:1"],
        "functions": ["perception.audition"],
    }
    with pytest.raises(TypeError, match=r"peaks: found 'peaks\.csv', expected rows"):
        decoding.inputs(peaks="peaks.csv")  # type: ignore[typeddict-item]


def test_nobody_answers() -> None:
    with Client("http://127.0.0.1:9") as client, pytest.raises(ApiError) as error:
        client.health()
    assert error.value.status is None
    assert "neuroweave serve" in str(error.value)


@pytest.mark.server
def test_an_activation_as_a_network_and_as_files(client: Client, tmp_path: Path) -> None:
    regions = ["tiny:1", "tiny:3"]
    graph = client.to_networkx(regions=regions, atlas="tiny")
    assert set(graph) == set(regions)
    assert graph.nodes["tiny:1"]["hemisphere"] == "left"
    path = client.export(tmp_path / "m.nii.gz", "nifti", regions=regions, atlas="tiny")
    image = nib.Nifti1Image.from_filename(path)
    assert image.shape == (91, 109, 91)
    assert float(np.asarray(image.dataobj).max()) == 1.0
    with pytest.raises(ApiError, match="422"):
        client.export(tmp_path / "m.gexf", "gexf", regions=regions, atlas="tiny")
    assert not (tmp_path / "m.gexf").exists()
    assert client.neighbours("tiny:1").empty
    with pytest.raises(ApiError, match="another atlas"):
        client.overlaps("tiny", "tiny")


@pytest.mark.server
def test_the_brain_as_frames(client: Client) -> None:
    assert client.health()["server"] == "embedded"
    assert client.stats()["nodes"]["Region"] == len(world.ATLAS.regions)
    assert list(client.atlases()["id"]) == ["tiny"]
    assert client.atlas("tiny")["space"] == "MNI152"
    assert set(client.regions(atlas="tiny", q="motion")["id"]) == {"tiny:1", "tiny:2"}
    assert list(client.regions(near=(-44, -70, 4), radius_mm=5)["id"]) == ["tiny:1"]
    assert len(client.regions(limit=3)) == 3
    assert len(client.regions()) == len(world.ATLAS.regions)
    assert client.region("tiny:1")["hemisphere"] == "left"
    assert list(client.region_functions("tiny:1")["function"]) == [world.MOTION]
    assert client.connections("tiny:1").empty
    assert len(client.functions()) == 4
    assert client.function(world.MOTION)["name"] == "visual motion"
    assert set(client.function_regions("perception.vision")["region"]) == {"tiny:1", "tiny:2"}
    assert client.function_regions("perception.vision", descendants=False).empty
    assert "visual" in set(client.areas()["id"])
    assert list(client.links(region="tiny:3")["weight"]) == [0.8]
    assert list(client.claims(region="tiny:3", source="tiny-study")["value"]) == [6.0]
    assert client.locate(-44, -70, 4, atlas="tiny")["region"]["id"] == "tiny:1"
    assert list(client.scenarios()["id"]) == ["see and hear"]
    assert client.scenario("see and hear")["name"] == "Seeing and hearing"
    assert list(client.models()["id"]) == ["lenet5/image"]
    assert client.checkpoints().empty
    assert client.compositions().empty
    assert client.datasets().empty
    assert set(client.revisions()["by"]) >= {"test"}


@pytest.mark.server
def test_every_way_to_activate_agrees(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "left motion.nii.gz"
    image = nib.Nifti1Image.from_bytes(stat_map(-44, -70, 4))
    nib.save(image, path)
    found = [
        client.activate(atlas="tiny", map=path),
        client.activate(atlas="tiny", map=str(path), threshold=3.1, sign="positive"),
        client.activate(atlas="tiny", map=image),
        client.activate(atlas="tiny", peaks=np.array([[-44.0, -70.0, 4.0]])),
        client.activate(atlas="tiny", peaks=[{"x": -44, "y": -70, "z": 4}]),
        client.activate(atlas="tiny", regions=["left motion"]),
    ]
    for answer in found:
        assert list(answer.frame("regions")["id"]) == ["tiny:1"]
        assert list(answer.frame("functions")["id"]) == [world.MOTION]
    plan = client.plan(atlas="tiny", scenario="see and hear")
    assert [slot["area"] for slot in plan["slots"]] == ["visual"]


@pytest.mark.server
def test_cypher_as_a_frame(client: Client) -> None:
    query = "MATCH (r:Region) WHERE r.x < $x AND r.z > 0 RETURN r.id AS id, r.x AS x ORDER BY id"
    frame = client.cypher(query, x=0)
    assert list(frame.columns) == ["id", "x"]
    assert list(frame["id"]) == ["tiny:1", "tiny:3"]
    assert frame.attrs["truncated"] is False
    assert client.cypher(query, parameters={"x": 0}, limit=1).attrs["truncated"] is True


@pytest.mark.server
def test_the_python_of_an_activation_runs(client: Client) -> None:
    answer = client.activate(atlas="tiny", peaks=[(-44, -70, 4)])
    names: dict[str, object] = {}
    exec(answer["reproduce"]["python"], names)
    again = names["activation"]
    assert isinstance(again, dict)
    assert again["functions"] == answer["functions"]


@pytest.mark.server
def test_errors_say_which_field(client: Client) -> None:
    with pytest.raises(ApiError) as error:
        client.activate(atlas="tiny", peaks=[(0, 0, 0)], space="moon")
    assert error.value.status == 422
    assert error.value.code == "invalid-input"
    assert error.value.errors[0]["field"] == "space"
    assert "moon" in str(error.value)
    assert "MNI152" in str(error.value)
    with pytest.raises(ApiError, match="404"):
        client.job("nope")
    with pytest.raises(ApiError, match="404"):
        list(client.events("nope"))


@pytest.mark.server
def test_a_build_is_waited_for_with_progress(client: Client, context: Context) -> None:
    said: list[tuple[str, float]] = []
    worker = work(context)
    result = client.build(
        atlas="tiny",
        scenario="see and hear",
        trials=3,
        progress=lambda message, fraction: said.append((message, fraction)),
    )
    worker.join()
    assert result == {"composition": "c1"}
    assert [message for message, _ in said] == [f"step {step}" for step in range(5)]
    assert said[-1][1] == 1.0


@pytest.mark.server
def test_a_series_a_volume_and_its_clusters(client: Client, tmp_path: Path) -> None:
    table = tmp_path / "watch.csv"
    rows = [f"{5 * (20 <= i < 40) + i % 3},{i % 5}" for i in range(60)]
    table.write_text("\n".join(["left motion,frontal pole", *rows]), "utf-8")
    found = client.activate(series=table, tr=2.0, window=(40, 80), threshold=3, atlas="tiny")
    assert [row["id"] for row in found["regions"]] == ["tiny:1"]
    one = nib.Nifti1Image.from_bytes(stat_map(-44, -70, 4))
    both = nib.funcs.concat_images([one, one])
    assert client.activate(map=both, volume=1, atlas="tiny")["regions"]
    with pytest.raises(ApiError, match="2 volumes"):
        client.activate(map=both, atlas="tiny")
    clusters = client.clusters(both, volume=0, atlas="tiny").frame("clusters")
    assert list(clusters["sign"]) == ["positive"]


@pytest.mark.server
def test_a_report_figures_and_an_analysis(client: Client, tmp_path: Path) -> None:
    what: dict[str, Any] = {"regions": ["tiny:1", "tiny:3"], "atlas": "tiny"}
    page = client.report(tmp_path / "r.html", **what).read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert "left motion" in page
    svg = client.figure(tmp_path / "brain.svg", **what).read_bytes()
    assert b"<svg" in svg[:1000]
    with pytest.raises(ApiError, match="format"):
        client.figure(tmp_path / "brain.gif", **what)
    found = client.analysis("tiny", groups=["perception"], permutations=10)
    assert found["cover"]["groups"] == ["perception"]
    drawn = client.analysis_figure(tmp_path / "a.png", "tiny", permutations=10).read_bytes()
    assert drawn.startswith(b"\x89PNG")


@pytest.mark.server
def test_a_build_need_not_be_waited_for(client: Client) -> None:
    key = "the same"
    first = client.build(atlas="tiny", regions=["tiny:1"], wait=False, idempotency_key=key)
    again = client.build(atlas="tiny", regions=["tiny:1"], wait=False, idempotency_key=key)
    assert first["id"] == again["id"]
    assert first["status"] == "queued"
    assert first["id"] in set(client.jobs(status="queued")["id"])
    assert client.cancel(first["id"])["status"] == "cancelled"
    assert [event["event"] for event in client.events(first["id"])] == ["status", "status"]
    assert list(client.events(first["id"], after=2)) == []


@pytest.mark.server
def test_a_build_that_fails_says_why(client: Client, context: Context) -> None:
    def fail() -> None:
        job = claimed(context)
        problem = {"title": "no", "detail": "no model", "status": 422, "code": "invalid-input"}
        context.ledger.fail(job.id, job.fence, problem)

    worker = threading.Thread(target=fail, daemon=True)
    worker.start()
    with pytest.raises(JobFailedError, match="no model"):
        client.build(atlas="tiny", regions=["tiny:1"])
    worker.join()


@pytest.mark.server
def test_asynchronously(url: str, context: Context) -> None:
    async def session() -> None:
        async with AsyncClient(url) as client:
            health, regions, activation = await asyncio.gather(
                client.health(),
                client.regions(limit=3),
                client.activate(atlas="tiny", regions=["tiny:1"]),
            )
            assert health["status"] == "ok"
            assert len(regions) == 3
            assert activation["functions"][0]["id"] == world.MOTION
            with pytest.raises(ApiError, match="404"):
                await client.region("nope")
            worker = work(context)
            result = await client.build(atlas="tiny", regions=["tiny:1"])
            assert result == {"composition": "c1"}
            worker.join()

    asyncio.run(session())


@pytest.mark.parametrize("value", [np.nan, np.inf, 1j])
def test_samples_that_json_cannot_say_are_named(value: complex) -> None:
    """Nobody is asked, so nobody needs to be there."""
    with (
        Client() as client,
        pytest.raises(ValueError, match="image: found other than finite numbers"),
    ):
        client.predict("any", image=np.full((1, 8, 8), value))


def test_sounds_of_several_lengths_are_a_list_of_arrays() -> None:
    ask = next(library.predict("c", audio=[np.zeros(2), np.ones(3)], image=[[[0, 1]]]))
    assert isinstance(ask, Ask)
    assert ask.json == {"inputs": {"audio": [[0.0, 0.0], [1.0, 1.0, 1.0]], "image": [[[0, 1]]]}}
    with pytest.raises(ValueError, match="audio: found other than finite numbers"):
        next(library.predict("c", audio=[np.zeros(2), np.full(3, np.nan)]))
