"""Measures for Prometheus at ``/metrics``; only where the settings ask for them.

Labels are few and known beforehand: route templates, never paths; methods and statuses.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.types import Scope

from api.access.errors import nobody
from api.access.policy import CallerDep, requires
from api.context import Context, ContextDep
from api.telemetry.requests import Seen
from atlas.errors import Unavailable
from graph import revisions

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
CYPHER = "/api/v1/cypher"

router = APIRouter(tags=["service"])


@dataclass
class Metrics:
    """The measures of one server."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        own = self.registry
        ProcessCollector(registry=own)
        self.requests = Counter(
            "neuroweave_http_requests",
            "Requests that were answered.",
            ("method", "route", "status"),
            registry=own,
        )
        self.seconds = Histogram(
            "neuroweave_http_request_seconds",
            "How long requests took, to the last byte of the answer.",
            ("method", "route"),
            buckets=BUCKETS,
            registry=own,
        )
        self.in_flight = Gauge(
            "neuroweave_http_requests_in_flight", "Requests that are being answered.", registry=own
        )
        self.refused = Counter(
            "neuroweave_cypher_refused",
            "Free queries that were not answered.",
            ("status",),
            registry=own,
        )

    @contextmanager
    def watch(self, scope: Scope, seen: Seen) -> Iterator[None]:
        """Measure one request."""
        self.in_flight.inc()
        try:
            yield
        finally:
            self.in_flight.dec()
            self.requests.labels(seen.method, seen.route, seen.status).inc()
            self.seconds.labels(seen.method, seen.route).observe(seen.ms / 1000)
            if seen.route == CYPHER and seen.status >= 400:
                self.refused.labels(seen.status).inc()

    def text(self, context: Context) -> bytes:
        """Write everything in Prometheus' text format, with what the server uses as it is now."""
        now = CollectorRegistry()
        now.register(_Present(context))
        return generate_latest(self.registry) + generate_latest(now)


@dataclass(eq=False)  # the registry keeps it in a dict
class _Present(Collector):
    """What is looked at when somebody asks: the jobs and the database."""

    context: Context

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Count jobs and ask the database whether it is there."""
        up = GaugeMetricFamily(
            "neuroweave_database_up", "Whether the graph answers.", labels=["server"]
        )
        up.add_metric([self.context.store.server], float(_answers(self.context)))
        yield up
        counts, oldest = self.context.ledger.standing()
        jobs = GaugeMetricFamily(
            "neuroweave_jobs", "Jobs in the ledger.", labels=["kind", "status"]
        )
        for (kind, status), count in counts.items():
            jobs.add_metric([kind, status], count)
        yield jobs
        age = 0.0 if oldest is None else max(0.0, time.time() - oldest)
        yield GaugeMetricFamily(
            "neuroweave_job_queue_age_seconds", "How long the oldest queued job waits.", age
        )


def _answers(context: Context) -> bool:
    try:
        revisions.list_revisions(context.store, limit=1)
    except Unavailable:
        return False
    return True


@router.get("/metrics", include_in_schema=False, dependencies=[requires("viewer")])
def get_metrics(request: Request, context: ContextDep, caller: CallerDep) -> Response:
    """Show the measures to who holds a key or is on this machine; never to the anonymous."""
    if caller.via == "anonymous":
        raise nobody()
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.text(context), media_type=CONTENT_TYPE_LATEST)
