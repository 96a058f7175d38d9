"""What Prometheus is told of the platform's state, read from MySQL at the time of asking.

Left out while MySQL is away: scraping still works, and says that it is.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import sqlalchemy as sa
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from isotherm.api.needs_attention import read_deadline
from isotherm.api.pipeline_routes import newest_hour
from isotherm.forecast.promotion import SERVICE_DAYS
from isotherm.forecast_message import Kind
from isotherm.hourly_summary import LAYERS
from isotherm.stores import reconciliations, station_models, stream_runs
from isotherm.stores.dead_letters import count_new
from isotherm.stores.disk_samples import FREE, read_forecast
from isotherm.stores.source_files import count_refused
from isotherm.stores.tables import forecast, ledger
from isotherm.utc import to_naive

# Name without prefix: its meaning and labels.
_GAUGES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "newest_hour_timestamp_seconds": (
        "Start of the newest hour in which something counts",
        ("layer",),
    ),
    "deadline_missed": ("Whether the newest observation is older than it may be", ()),
    "refused_files": ("Files of which a shrunken version is refused", ()),
    "disk_bytes": ("What a store took when it was measured last", ("store",)),
    "disk_days_until_full": ("At the growth of the last thirty days; absent: unknown", ()),
    "drift_rows": ("Rows in which the layers differ, at the newest reconciliation", ()),
    "reconciled_timestamp_seconds": ("When the newest reconciliation was done", ()),
    "ledger_lost_observations": (
        "Observations fed and not counted, by the newest check",
        ("layer", "rule"),
    ),
    "ledger_doubled_observations": (
        "Observations counted more than once, by the newest check",
        ("layer", "rule"),
    ),
    "new_dead_letters": ("Messages that could not be used and nobody has worked", ()),
    "stream_state": ("1 for what the newest run of the stream is", ("state",)),
    "stream_rows_per_second": ("Observations the running stream is fed", ()),
    "stream_heartbeat_timestamp_seconds": ("Last sign of life of the newest run of the stream", ()),
    "forecast_issued_timestamp_seconds": ("When the newest forecast in service was issued", ()),
    "models_rolled_back": ("Stations whose model lost in service in the last seven days", ()),
}
_STREAM_STATES: Final = (
    stream_runs.RUNNING,
    stream_runs.COMPLETE,
    stream_runs.FAILED,
    stream_runs.STOPPED,
    stream_runs.UNKNOWN,
)


class _Add(Protocol):
    def __call__(self, name: str, value: float | None, *labels: str) -> None:
        """A sample; none where the value is None."""


class StateMetrics(Collector):
    """The gauges of one database."""

    def __init__(self, engine: Engine, stale_after_h: int) -> None:
        self._engine = engine
        self._stale_after_h = stale_after_h

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Ask MySQL."""
        families = {
            name: GaugeMetricFamily(f"isotherm_{name}", meaning, labels=labels)
            for name, (meaning, labels) in _GAUGES.items()
        }

        def add(name: str, value: float | None, *labels: str) -> None:
            if value is not None:
                families[name].add_metric(labels, value)

        reachable = GaugeMetricFamily("isotherm_api_mysql_up", "Whether MySQL answers")
        try:
            with self._engine.connect() as connection:
                self._read_freshness(connection, add)
                for read in _READERS:
                    read(connection, add)
            reachable.add_metric([], 1)
        except SQLAlchemyError:
            reachable.add_metric([], 0)
        yield from families.values()
        yield reachable

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: registering must not ask MySQL."""
        return []

    def _read_freshness(self, connection: Connection, add: _Add) -> None:
        for layer in LAYERS:
            add("newest_hour_timestamp_seconds", _seconds(newest_hour(connection, layer)), layer)
        deadline = read_deadline(connection, self._stale_after_h, datetime.now(UTC))
        add("deadline_missed", int(deadline["is_missed"]))
        add("refused_files", count_refused(connection))


def _read_disk(connection: Connection, add: _Add) -> None:
    if (disk := read_forecast(connection)) is not None:
        for store, size in {**disk.size_bytes, FREE: disk.free_bytes}.items():
            add("disk_bytes", size, store)
        add("disk_days_until_full", disk.days_until_full)


def _read_accounts(connection: Connection, add: _Add) -> None:
    if (newest := reconciliations.read_newest(connection)) is not None:
        add("reconciled_timestamp_seconds", newest.finished_at.timestamp())
        add("drift_rows", newest.drift)
    newest_lines = sa.select(sa.func.max(ledger.c.ledger_id)).group_by(ledger.c.layer, ledger.c.rule)
    columns = (ledger.c.layer, ledger.c.rule, ledger.c.lost, ledger.c.doubled)
    statement = sa.select(*columns).where(ledger.c.ledger_id.in_(newest_lines))
    for layer, rule, lost, doubled in connection.execute(statement):
        add("ledger_lost_observations", lost, layer, rule)
        add("ledger_doubled_observations", doubled, layer, rule)
    add("new_dead_letters", sum(count_new(connection).values()))


def _read_stream(connection: Connection, add: _Add) -> None:
    if (run := stream_runs.read_newest(connection)) is not None:
        for state in _STREAM_STATES:
            add("stream_state", int(run["state"] == state), state)
        add("stream_rows_per_second", run["rows_per_s"])
        add("stream_heartbeat_timestamp_seconds", _seconds(run["heartbeat_at"]))


def _read_forecasts(connection: Connection, add: _Add) -> None:
    in_service = sa.select(sa.func.max(forecast.c.issued_at)).where(forecast.c.kind == Kind.SERVICE)
    add("forecast_issued_timestamp_seconds", _seconds(connection.scalar(in_service)))
    since = to_naive(datetime.now(UTC)) - timedelta(days=SERVICE_DAYS)
    add("models_rolled_back", station_models.count_rolled_back(connection, since))


_READERS: Final[tuple[Callable[[Connection, _Add], None], ...]] = (
    _read_disk,
    _read_accounts,
    _read_stream,
    _read_forecasts,
)


def _seconds(moment: datetime | None) -> float | None:
    """Unix time of a moment in UTC, without a zone as the tables have it."""
    return None if moment is None else moment.replace(tzinfo=UTC).timestamp()
