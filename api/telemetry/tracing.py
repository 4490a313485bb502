"""Traces of requests for OpenTelemetry; only where the settings ask for them.

A span has the route's template, method, status and number of a request, and continues the
caller's trace (``traceparent``). The instrumentation that exists for the framework would write the
whole address, query included. Where spans go is said by OpenTelemetry's own variables
(``OTEL_EXPORTER_OTLP_ENDPOINT`` and its kin).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.types import Scope

from api.telemetry.requests import Seen
from atlas.errors import InvalidInput

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter


class Tracing:
    """Spans of one server; close it to send the last ones.

    Args:
        version: of the service.
        exporter: where spans go; by default over OTLP/HTTP.

    Raises:
        InvalidInput: the packages of the extra ``telemetry`` are not installed.
    """

    def __init__(self, version: str, exporter: SpanExporter | None = None) -> None:
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError as error:
            raise InvalidInput(
                "NEUROWEAVE_OTEL",
                found="true, but OpenTelemetry is not installed",
                expected="the extra telemetry",
                hint="pip install 'neuroweave[telemetry]'",
            ) from error
        about = Resource.create({"service.name": "neuroweave", "service.version": version})
        self._provider: TracerProvider = TracerProvider(resource=about)
        self._provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("neuroweave.api", version)

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()

    @contextmanager
    def watch(self, scope: Scope, seen: Seen) -> Iterator[None]:
        """Trace one request; spans of what it does go below it."""
        from opentelemetry.propagate import extract
        from opentelemetry.trace import SpanKind, StatusCode

        headers = Headers(scope=scope)
        brought = {name: headers[name] for name in ("traceparent", "tracestate") if name in headers}
        with self._tracer.start_as_current_span(
            seen.method,
            extract(brought),
            SpanKind.SERVER,
            record_exception=False,  # its text is not looked through for secrets
        ) as span:
            try:
                yield
            finally:
                span.update_name(f"{seen.method} {seen.route}")
                span.set_attribute("http.request.method", seen.method)
                span.set_attribute("http.route", seen.route)
                span.set_attribute("http.response.status_code", seen.status)
                span.set_attribute("neuroweave.request_id", seen.id)
                if seen.status >= 500:
                    span.set_status(StatusCode.ERROR)
