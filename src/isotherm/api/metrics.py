"""Prometheus metrics: requests by route, and the newest hour of each layer at the time of asking."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from isotherm.api.needs_attention import read_deadline
from isotherm.api.pipeline_routes import newest_hour
from isotherm.api.workers import METRICS_FOLDER
from isotherm.hourly_summary import LAYERS
from isotherm.stores.disk_samples import FREE, read_forecast
from isotherm.stores.reconciliations import read_newest
from isotherm.stores.source_files import count_refused

_BUCKETS_S: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class ApiMetrics:
    """The metrics of one application, in a registry of its own: one process may hold several."""

    def __init__(self, engine: Engine, stale_after_h: int) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "isotherm_api_requests",
            "Requests answered",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "isotherm_api_request_seconds",
            "Time to the first byte of the answer",
            ["route"],
            buckets=_BUCKETS_S,
            registry=self.registry,
        )
        self.open = Gauge(
            "isotherm_api_open_requests",
            "Requests and live streams now open",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self._freshness = _Freshness(engine, stale_after_h)

    def text(self) -> bytes:
        """All of it as Prometheus reads it, of every worker where there are several."""
        shown = self.registry
        if METRICS_FOLDER in os.environ:
            shown = CollectorRegistry()
            MultiProcessCollector(shown)  # type: ignore[no-untyped-call]
        return generate_latest(shown) + generate_latest(self._freshness)


class _Freshness(Collector):
    """Newest hour, deadline, refused files; left out while MySQL is away: scraping still works."""

    def __init__(self, engine: Engine, stale_after_h: int) -> None:
        self._engine = engine
        self._stale_after_h = stale_after_h

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Ask MySQL."""
        family = GaugeMetricFamily(
            "isotherm_newest_hour_timestamp_seconds",
            "Start of the newest hour in which something counts",
            labels=["layer"],
        )
        missed = GaugeMetricFamily(
            "isotherm_deadline_missed", "Whether the newest observation is older than it may be"
        )
        refused = GaugeMetricFamily(
            "isotherm_refused_files", "Files of which a shrunken version is refused"
        )
        sizes = GaugeMetricFamily(
            "isotherm_disk_bytes", "What a store took when it was measured last", labels=["store"]
        )
        days = GaugeMetricFamily(
            "isotherm_disk_days_until_full", "At the growth of the last thirty days; absent: unknown"
        )
        drift = GaugeMetricFamily(
            "isotherm_drift_rows", "Rows in which the layers differ, at the newest reconciliation"
        )
        reconciled = GaugeMetricFamily(
            "isotherm_reconciled_timestamp_seconds", "When the newest reconciliation was done"
        )
        reachable = GaugeMetricFamily("isotherm_api_mysql_up", "Whether MySQL answers")
        try:
            with self._engine.connect() as connection:
                for layer in LAYERS:
                    if (hour := newest_hour(connection, layer)) is not None:
                        family.add_metric([layer], hour.replace(tzinfo=UTC).timestamp())
                deadline = read_deadline(connection, self._stale_after_h, datetime.now(UTC))
                missed.add_metric([], int(deadline["is_missed"]))
                refused.add_metric([], count_refused(connection))
                if (disk := read_forecast(connection)) is not None:
                    for store, size in {**disk.size_bytes, FREE: disk.free_bytes}.items():
                        sizes.add_metric([store], size)
                    if disk.days_until_full is not None:
                        days.add_metric([], disk.days_until_full)
                if (newest := read_newest(connection)) is not None:
                    reconciled.add_metric([], newest.finished_at.timestamp())
                    if newest.drift is not None:
                        drift.add_metric([], newest.drift)
            reachable.add_metric([], 1)
        except SQLAlchemyError:
            reachable.add_metric([], 0)
        yield from (family, missed, refused, sizes, days, drift, reconciled)
        yield reachable

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: registering must not ask MySQL."""
        return []


class RequestMetrics:
    """ASGI middleware that counts and times requests by route template."""

    def __init__(self, app: ASGIApp, metrics: ApiMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._metrics.seconds.labels(_route(scope)).observe(time.perf_counter() - began)
            await send(message)

        try:
            with self._metrics.open.track_inprogress():
                await self._app(scope, receive, note)
        finally:
            self._metrics.requests.labels(_route(scope), scope["method"], status).inc()


def _route(scope: Scope) -> str:
    """The route's template: ids in labels would be without bound."""
    return getattr(scope.get("route"), "path", "unknown")
