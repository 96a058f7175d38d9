"""Forecasts beside a stream: reads the summaries of a feed as they change, and sends forecasts.

A program of its own, so that nothing that happens to it holds up the summaries. Exactly once by batch:
a batch is written to the feed's log before its forecasts go out, with how far it read; a killed program
makes its state from the log, sends the last batch's forecasts again under the versions they had, and
goes on there.
"""

import json
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from confluent_kafka import Message
from sqlalchemy import Engine

from isotherm.forecast.changed_hours import ChangedHours
from isotherm.forecast.stream_state import StreamState
from isotherm.forecast_message import ForecastMessage, version_at
from isotherm.messages import FORECAST_TOPIC
from isotherm.settings import Settings
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.newest import read_newest_of_places
from isotherm.stores.places import Member, places_of
from isotherm.stream.bridge_publisher import Publisher, Record
from isotherm.stream.feeder_files import FeedPosition, position_path
from isotherm.stream.forecast_batches import ForecastBatches
from isotherm.stream.forecast_hours import changed_hours
from isotherm.stream.forecast_log import Batch, Beginning, ForecastLog, log_path
from isotherm.stream.forecast_start import HISTORY, choose_versions, hour_number, load_starts
from isotherm.stream.summary_reader import SummaryReader

_TELL_EVERY_S: Final = 5.0


class Forecaster:
    """One feed's forecasts."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        feed_id: str,
        poll_s: float,
        *,
        every_h: int,
        follows: bool,
    ) -> None:
        """Prepare.

        Args:
            settings: of the lane.
            engine: MySQL.
            feed_id: of the stream.
            poll_s: a batch holds what comes within so many seconds.
            every_h: forecasts of hours that were known are made from each hour that this divides.
            follows: whether the feed follows what the archive publishes.
        """
        self._settings = settings
        self._engine = engine
        self._feed_id = feed_id
        self._poll_s = poll_s
        self._every_h = every_h
        self._follows = follows
        self._log = ForecastLog(log_path(settings, feed_id))
        self._publisher = Publisher(settings.kafka_bootstrap_servers)
        self._since_hour = 0
        self._sources = self._stations()
        self._batches: ForecastBatches | None = None
        self._number = 0
        self._sent = 0
        self._ends: dict[int, int] = {}
        self._told = 0.0

    def run(self, stop: threading.Event) -> None:
        """Work until stopped.

        Raises:
            StoreError: Kafka, HDFS or MySQL do not answer.
        """
        self._resume()
        reader = SummaryReader(self._settings, self._feed_id, self._ends)
        try:
            quiet_since = time.monotonic()
            while not stop.is_set():
                records = reader.read(self._poll_s)
                self._ends = dict(reader.ends)
                changes = self._changes(records)
                if records:
                    quiet_since = time.monotonic()
                is_quiet = time.monotonic() - quiet_since > self._settings.forecast_wait_s
                is_flush = is_quiet and self._batches is not None and self._batches.is_open
                if changes or is_flush:
                    self._take(changes, is_flush=is_flush)
                elif records or time.monotonic() - self._told > _TELL_EVERY_S:
                    self._tell(0, 0.0)
        finally:
            reader.close()
            self._publisher.close()
            self._log.close()

    def _stations(self) -> dict[str, Member]:
        """Which of the feed's stations tells of each place that is forecast."""
        position = FeedPosition.load(position_path(self._settings, self._feed_id), self._feed_id)
        years = position.station_years or ()
        # The newest days of all station-years may lie a century apart.
        since = max((one.year for one in years), default=1971) - 1
        self._since_hour = hour_number(datetime(since, 1, 1, tzinfo=UTC))
        members = {one.station_id: one.dataset for one in years if one.year >= since}
        with self._engine.connect() as connection:
            places = places_of(connection, members)
        found: dict[str, Member] = {}
        for native, dataset in sorted(members.items()):
            found.setdefault(places[native], Member(dataset, native))
        most = self._settings.forecast_stations
        if len(found) > most:
            _print({"event": "forecasts_of_some_stations", "stations": len(found), "forecast": most})
        return dict(sorted(found.items())[:most])

    def _resume(self) -> None:
        """Make the state from the log, and send again what may not have gone out."""
        if self._log.beginning is None:
            return
        self._start(self._log.beginning)
        assert self._batches is not None  # noqa: S101 - it has just begun
        for batch in self._log.batches:
            is_last = batch is self._log.batches[-1]
            messages = self._batches.take(batch, is_silent=not is_last)
            if is_last:
                self._send(messages)
            self._number, self._ends = batch.number + 1, batch.ends
        _print({"event": "forecasts_resume", "batches": self._number})
        self._log.batches.clear()

    def _start(self, beginning: Beginning) -> None:
        """Load what the stations begin with."""
        told = 0.0

        def tell(ready: int) -> None:
            nonlocal told
            if time.monotonic() - told > _TELL_EVERY_S or ready == len(beginning.versions):
                told = time.monotonic()
                total = len(beginning.versions)
                _print({"event": "forecasts_get_ready", "ready": ready, "stations": total})

        with self._engine.connect() as connection:
            starts = load_starts(
                HdfsStore(self._settings),
                connection,
                beginning.versions,
                self._sources,
                beginning.first_hour,
                tell,
            )
        self._batches = ForecastBatches(
            StreamState(starts),
            self._feed_id,
            {place: one.dataset for place, one in self._sources.items()},
            self._every_h,
        )

    def _begin(self, changes: Mapping[str, ChangedHours]) -> None:
        """The feed's first hours: nothing from the first day of them on may be looked at."""
        first = min(int(one.hours[0]) for one in changes.values()) // 24 * 24
        with self._engine.connect() as connection:
            versions = choose_versions(connection, list(self._sources), first)
        beginning = Beginning(first, versions)
        self._start(beginning)
        self._log.begin(beginning)
        own = sum(1 for one in versions.values() if one == HISTORY)
        _print({"event": "forecasts_begin", "stations": len(versions), "from_history": own})

    def _changes(self, records: Sequence[Message]) -> dict[str, ChangedHours]:
        """What records say of the places that are forecast."""
        values = (one.value() or b"" for one in records)
        found = changed_hours(values, self._feed_id, self._since_hour)
        sources = {place: one.station_id for place, one in self._sources.items()}
        return {place: found[native] for place, native in sources.items() if native in found}

    def _take(self, changes: Mapping[str, ChangedHours], *, is_flush: bool) -> None:
        """Log a batch, then make its forecasts and send them."""
        if self._batches is None:
            self._begin(changes)
        assert self._batches is not None  # noqa: S101 - it has just begun
        started = time.monotonic()
        service = self._of_service(changes) if self._follows else ()
        made_ms = version_at(datetime.now(UTC))
        batch = Batch(self._number, dict(self._ends), made_ms, is_flush, service, changes)
        self._log.append(batch)
        messages = self._batches.take(batch)
        seconds = time.monotonic() - started
        self._send(messages)
        self._number += 1
        self._tell(len(messages), seconds)

    def _of_service(self, changes: Mapping[str, ChangedHours]) -> tuple[str, ...]:
        """The places of whose newest hour nothing later is in MySQL."""
        assert self._batches is not None  # noqa: S101 - it has begun
        newest = dict(self._batches.newest_of_open)
        for name, one in changes.items():
            newest[name] = max(int(one.hours[-1]), newest.get(name, 0))
        with self._engine.connect() as connection:
            stored = read_newest_of_places(connection, newest)
        return tuple(sorted(name for name, hour in newest.items() if stored.get(name, 0) <= hour))

    def _send(self, messages: Sequence[ForecastMessage]) -> None:
        topic = self._settings.lane.topic(FORECAST_TOPIC)
        self._publisher.publish([Record(topic, one.station_id, one.encode()) for one in messages])
        self._sent += len(messages)

    def _tell(self, forecasts: int, seconds: float) -> None:
        is_open = self._batches is not None and self._batches.is_open
        self._told = time.monotonic()
        _print(
            {
                "batch": self._number,
                "forecasts": forecasts,
                "forecasts_sent": self._sent,
                "summary_ends": {str(one): offset for one, offset in self._ends.items()},
                "is_open": is_open,
                "seconds": round(seconds, 3),
            }
        )


def _print(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
