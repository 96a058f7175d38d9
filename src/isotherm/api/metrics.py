"""Prometheus metrics: requests by route, and the platform's state at the time of asking."""

import os
import time
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy.engine import Engine
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from isotherm.api.state_metrics import StateMetrics
from isotherm.api.workers import METRICS_FOLDER

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
        self._state = StateMetrics(engine, stale_after_h)

    def text(self) -> bytes:
        """All of it as Prometheus reads it, of every worker where there are several."""
        shown = self.registry
        if METRICS_FOLDER in os.environ:
            shown = CollectorRegistry()
            MultiProcessCollector(shown)  # type: ignore[no-untyped-call]
        return generate_latest(shown) + generate_latest(self._state)


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
