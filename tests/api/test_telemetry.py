"""Log lines, measures and traces: what they tell of a request, and what they never tell."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from pathlib import Path
from typing import ClassVar, cast

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from api import logs
from api.access.caller import Scope
from api.access.config import AccessConfig
from api.app import create_app
from api.config import ApiConfig
from atlas.errors import InvalidInput
from graph.store import Store
from tests.api import world
from tests.api.doors import HERE, bearer

SECRET = "Zq7-very-Secret_0123456789"
REGION = "/api/v1/regions/{id}"


@contextmanager
def client_of(store: Store | None, settings: ApiConfig) -> Iterator[TestClient]:
    with world.opened(cast("Store", store), settings) as context:
        app = create_app(settings, context)
        with TestClient(
            app, base_url=HERE, raise_server_exceptions=False, client=("127.0.0.1", 5)
        ) as client:
            yield client


@pytest.mark.parametrize("form", ["human", "json"])
def test_no_secret_reaches_the_log(form: logs.Form, tmp_path: Path) -> None:
    """Without a store every route fails, and failures are logged with their tracebacks."""
    out = StringIO()
    logs.configure(form, out)
    settings = world.config(tmp_path, access=AccessConfig())
    with client_of(None, settings) as client:
        accounts = client.app.state.context.access.accounts  # type: ignore[attr-defined]
        key = accounts.create("ada", Scope.ADMIN)[1]
        for headers in (
            bearer(key),
            bearer(SECRET),
            {"X-API-Key": f"nw00000000.{SECRET}"},
            {"Authorization": f"Basic {SECRET}"},
            {**bearer(key), "Cookie": f"session={SECRET}", "X-Request-ID": f"no {SECRET}"},
        ):
            query = {"token": SECRET, "q": SECRET}
            client.get(f"/api/v1/regions/{SECRET}", headers=headers, params=query)
            client.get(f"/api/v1/regions/{SECRET}", headers=headers)
            client.get(f"/{SECRET}", headers=headers, params=query)
            body = {"query": SECRET, "parameters": {"password": SECRET}}
            client.post("/api/v1/cypher", headers=headers, json=body)
            client.request(SECRET.upper(), "/api/v1/regions", headers=headers)
    log = logging.getLogger("neuroweave.api")
    log.error("ledger postgresql://ada:%s@host/jobs cannot be opened", SECRET)
    log.error("sent %r", {"Authorization": f"Bearer {SECRET}", "x-api-key": SECRET})
    log.error("GET /api/v1/regions?key=%s and http://h/x?sig=%s", SECRET, SECRET)
    log.error("NEUROWEAVE_NEO4J_PASSWORD=%s; key %s", SECRET, key)
    text = out.getvalue()
    assert text.count("\n") > 20
    assert "Traceback" in text
    assert SECRET not in text
    assert SECRET.upper() not in text
    assert key.partition(".")[2] not in text
    assert "ada" in text, "who it was is told"


def test_lines_for_programs(tmp_path: Path) -> None:
    out = StringIO()
    logs.configure("json", out)
    with client_of(None, world.config(tmp_path, access=AccessConfig())) as client:
        brought = client.get("/api/v1/session", headers={"X-Request-ID": "mine-1"})
        made = client.get("/api/v1/regions/x", headers={"X-Request-ID": "not mine"})
    assert brought.headers["X-Request-ID"] == "mine-1"
    assert re.fullmatch("[0-9a-f]{32}", made.headers["X-Request-ID"])
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    first = next(line for line in lines if line.get("request_id") == "mine-1")
    assert first["ms"] > 0
    told = {name: first[name] for name in ("method", "route", "status", "caller", "level")}
    expected = {"method": "GET", "route": "/api/v1/session", "status": 200}
    assert told == {**expected, "caller": "local", "level": "info"}
    others = [line for line in lines if line.get("request_id") == made.headers["X-Request-ID"]]
    assert {line["logger"] for line in others} == {"neuroweave.api", "neuroweave.request"}
    assert any("Traceback" in line.get("exception", "") for line in others)
    assert others[-1]["route"] == REGION


def test_nothing_is_measured_unasked(tmp_path: Path) -> None:
    with client_of(None, world.config(tmp_path, access=AccessConfig())) as client:
        assert client.get("/metrics").status_code == 404


def test_measures_are_not_for_the_anonymous(tmp_path: Path) -> None:
    access = AccessConfig(local=False, anonymous=True)
    with client_of(None, world.config(tmp_path, access=access, metrics=True)) as client:
        assert client.get("/metrics").status_code == 401
        assert client.get("/metrics", headers=bearer(SECRET)).status_code == 401


@pytest.mark.server
def test_measures(embedded_store: Store, tmp_path: Path) -> None:
    settings = world.config(tmp_path, access=AccessConfig(), metrics=True)
    with client_of(embedded_store, settings) as client:
        ledger = client.app.state.context.ledger  # type: ignore[attr-defined]
        ledger.submit("ingest", {}, by="ada")
        ledger.cancel(ledger.submit("build", {}, by="ada").id)
        for number in range(3):
            client.get(f"/api/v1/regions/{SECRET}-{number}")
        client.get(f"/{SECRET}")
        client.post("/api/v1/cypher", json={"query": "CREATE (n) RETURN n"})
        answer = client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/plain")
    lines = answer.text.splitlines()
    assert SECRET not in answer.text
    for line in (
        f'neuroweave_http_requests_total{{method="GET",route="{REGION}",status="404"}} 3.0',
        'neuroweave_http_requests_total{method="GET",route="unmatched",status="404"} 1.0',
        f'neuroweave_http_request_seconds_count{{method="GET",route="{REGION}"}} 3.0',
        "neuroweave_http_requests_in_flight 1.0",
        'neuroweave_cypher_refused_total{status="403"} 1.0',
        'neuroweave_jobs{kind="ingest",status="queued"} 1.0',
        'neuroweave_jobs{kind="build",status="cancelled"} 1.0',
        'neuroweave_database_up{server="embedded"} 1.0',
    ):
        assert line in lines, line
    age = next(line for line in lines if line.startswith("neuroweave_job_queue_age_seconds "))
    assert float(age.split()[1]) > 0
    assert any(line.startswith("process_resident_memory_bytes") for line in lines)


class _Receiver(BaseHTTPRequestHandler):
    got: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        self.got.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_traces_arrive_and_tell_no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver = HTTPServer(("127.0.0.1", 0), _Receiver)
    thread = threading.Thread(target=receiver.serve_forever)
    thread.start()
    port = receiver.server_port
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
    trace = "0af7651916cd43dd8448eb211c80319c"
    sent = {"traceparent": f"00-{trace}-b7ad6b7169203331-01", "X-Request-ID": "mine-2"}
    settings = world.config(tmp_path, access=AccessConfig(), tracing=True)
    try:
        with client_of(None, settings) as client:
            client.get("/api/v1/session", headers=sent)
            client.get(f"/api/v1/regions/{SECRET}", headers=sent, params={"token": SECRET})
    finally:
        receiver.shutdown()
        thread.join()
        receiver.server_close()
    assert SECRET.encode() not in b"".join(_Receiver.got)
    spans = [
        span
        for body in _Receiver.got
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert {span.name for span in spans} == {"GET /api/v1/session", f"GET {REGION}"}
    assert {span.trace_id.hex() for span in spans} == {trace}
    about = {item.key: item.value for item in spans[0].attributes}
    assert about["http.response.status_code"].int_value == 200
    assert about["neuroweave.request_id"].string_value == "mine-2"


def test_traces_need_their_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(InvalidInput, match="the extra telemetry"):
        create_app(world.config(tmp_path, tracing=True))
