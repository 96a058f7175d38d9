"""How the sink is: Prometheus metrics and `/healthz` of all its loops, on one port."""

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from socketserver import ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, make_wsgi_app
from prometheus_client.process_collector import ProcessCollector

log = structlog.get_logger()

# A batch takes milliseconds; longer than this without a sign of life means hanging.
STALLED_AFTER_S: Final = 120.0
# A store may be away for so long before the sink calls itself unhealthy.
TROUBLED_AFTER_S: Final = 30.0


class SinkMetrics:
    """Everything that is counted; one registry each, so that tests may have several."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.records = self._counter("records", "Records read, by what became of them", "outcome")
        self.rows = self._counter("rows", "Rows written, by table", "table")
        self.retries = self._counter("retries", "Attempts that failed and were repeated", "store")
        self.gap = Counter(
            "isotherm_sink_expired_records", "Records that expired unread", registry=self.registry
        )
        self.batch_s = Histogram(
            "isotherm_sink_batch_seconds",
            "Time from a batch read to its commit",
            registry=self.registry,
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
        )
        self.lag = Gauge(
            "isotherm_sink_lag_records", "Records not written", ["partition"], registry=self.registry
        )
        self.letter_lag = Gauge(
            "isotherm_sink_lag_letters", "Dead letters not counted", registry=self.registry
        )
        self.forecast_lag = Gauge(
            "isotherm_sink_lag_forecasts", "Forecasts not written", registry=self.registry
        )
        self.heartbeat = Gauge(
            "isotherm_sink_heartbeat_seconds",
            "Time of the last sign of life",
            ["loop"],
            registry=self.registry,
        )
        self.degraded = Gauge(
            "isotherm_sink_degraded",
            "1 while a store is away for long, or most of what is read is poison",
            ["loop"],
            registry=self.registry,
        )
        self.letters = self._counter("letters", "Dead letters read, by what became of them", "outcome")
        self.forecasts = self._counter("forecasts", "Forecasts read, by what became of them", "outcome")

    def _counter(self, name: str, meaning: str, label: str) -> Counter:
        return Counter(f"isotherm_sink_{name}", meaning, [label], registry=self.registry)


class Health:
    """Signs of life of one loop, and what is wrong where something is."""

    def __init__(
        self, loop: str, metrics: SinkMetrics, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin as starting, which is not healthy yet."""
        self.loop = loop
        self._metrics = metrics
        self._clock = clock
        self._beat_at = clock()
        self._trouble = "starting"
        self._trouble_since: float | None = None
        self._alarm = ""
        self.partitions: list[int] = []

    def beat(self) -> None:
        """The loop is alive."""
        self._beat_at = self._clock()
        self._metrics.heartbeat.labels(self.loop).set_to_current_time()

    def well(self) -> None:
        """Both stores answered."""
        if self._is_long_troubled():
            log.info("store_back", loop=self.loop)
        self._trouble, self._trouble_since = "", None
        self._metrics.degraded.labels(self.loop).set(1 if self._alarm else 0)
        self.beat()

    def troubled(self, reason: str) -> None:
        """A store does not answer; the sink tries again, and raises the alarm once it takes long."""
        was_long = self._is_long_troubled()
        if self._trouble_since is None:
            self._trouble_since = self._clock()
        if self._trouble != "starting":
            self._trouble = reason
        if self._is_long_troubled():
            self._metrics.degraded.labels(self.loop).set(1)
            if not was_long:
                log.error("store_away_for_long", loop=self.loop, reason=reason)
        self.beat()

    def alarm(self, reason: str) -> None:
        """What the loop can work with and people should look at; empty = no more."""
        if reason and not self._alarm:
            log.error("sink_degraded", loop=self.loop, reason=reason)
        self._alarm = reason

    def report(self) -> tuple[bool, dict[str, Any]]:
        """Whether the loop is healthy, and the details; with an alarm it is, and `degraded`."""
        since_beat = self._clock() - self._beat_at
        state, reason = "ok", self._trouble
        if since_beat > STALLED_AFTER_S:
            state, reason = "stalled", f"no sign of life for {since_beat:.0f} s"
        elif self._trouble == "starting":
            state = "starting"
        elif self._is_long_troubled():
            state = "degraded"
        details = {"status": state, "reason": reason, "partitions": self.partitions}
        if state == "ok" and self._alarm:
            return True, {**details, "status": "degraded", "reason": self._alarm}
        return state == "ok", details

    def _is_long_troubled(self) -> bool:
        since = self._trouble_since
        return since is not None and self._clock() - since > TROUBLED_AFTER_S


def report_all(loops: Iterable[Health]) -> tuple[bool, dict[str, Any]]:
    """Whether every loop is healthy; `status` and `reason` are of the first one that is not ok."""
    reports = {one.loop: one.report() for one in loops}
    # The unhealthy ones first: a loop with an alarm works.
    unwell = [
        {"status": details["status"], "reason": f"{loop}: {details['reason']}"}
        for loop, (_, details) in sorted(reports.items(), key=lambda one: one[1][0])
        if details["status"] != "ok"
    ]
    whole = unwell[0] if unwell else {"status": "ok", "reason": ""}
    is_healthy = all(one for one, _ in reports.values())
    return is_healthy, {**whole, "loops": {loop: details for loop, (_, details) in reports.items()}}


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - the base class's own
        """Requests are no news."""


class _ThreadingServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def serve(loops: Sequence[Health], metrics: SinkMetrics, host: str, port: int) -> WSGIServer:
    """Answer `/healthz` (200 or 503, JSON) and `/metrics` from threads of their own."""
    give_metrics = make_wsgi_app(metrics.registry)

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO")
        if path == "/metrics":
            return list(give_metrics(environ, start_response))
        if path != "/healthz":
            return _reply(start_response, "404 Not Found", {"error": "try /healthz or /metrics"})
        is_healthy, details = report_all(loops)
        return _reply(start_response, "200 OK" if is_healthy else "503 Service Unavailable", details)

    server = make_server(host, port, answer, server_class=_ThreadingServer, handler_class=_QuietHandler)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server


def _reply(
    start_response: Callable[..., Any], status: str, document: Mapping[str, Any]
) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(document).encode()]
