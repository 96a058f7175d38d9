"""Which forecasts a batch of changed hours asks for, and their messages.

An hour is complete when a later one of the feed has come, or when nothing has come for a while. Its
forecast goes out once; that of a station's newest hour again where the hour changes.
"""

from collections.abc import Iterator

from isotherm.forecast.issue import Issued
from isotherm.forecast.stream_state import StreamState
from isotherm.forecast_message import ForecastMessage, Kind, message_of
from isotherm.stream.forecast_log import Batch


class ForecastBatches:
    """Turns batches into messages; the same batches give the same messages."""

    def __init__(
        self, state: StreamState, feed_id: str, datasets: dict[str, str], every_h: int
    ) -> None:
        """Prepare.

        Args:
            state: of the stations.
            feed_id: of the stream.
            datasets: of the stations.
            every_h: forecasts of hours that were known are made from each hour that this divides.
        """
        self._state = state
        self._feed_id = feed_id
        self._datasets = datasets
        self._every_h = every_h
        self._open: dict[str, set[int]] = {}
        self._issued: dict[str, int] = {}
        self._newest = -(2**62)

    @property
    def is_open(self) -> bool:
        """Whether hours wait for a later one."""
        return any(self._open.values())

    @property
    def newest_of_open(self) -> dict[str, int]:
        """The newest hour that waits, by station."""
        return {name: max(hours) for name, hours in self._open.items() if hours}

    def take(self, batch: Batch, *, is_silent: bool = False) -> list[ForecastMessage]:
        """Take a batch in.

        Args:
            batch: the next one.
            is_silent: make no messages: they went out before.
        """
        made: list[tuple[str, Issued]] = []
        for changed in self._state.apply(batch.hours):
            for name, one in changed.items():
                self._newest = max(self._newest, int(one.hours[-1]))
                newest = self._state.station(name).grid.end_hour - 1
                known = self._issued.get(name, -(2**62))
                self._open.setdefault(name, set()).update(
                    int(hour) for hour in one.hours if hour > known or hour == newest
                )
            made += self._due(batch, self._newest, is_silent=is_silent)
        if batch.is_flush:
            made += self._due(batch, self._newest + 1, is_silent=is_silent)
        return [self._message(name, one, batch) for name, one in made]

    def _due(self, batch: Batch, before: int, *, is_silent: bool) -> Iterator[tuple[str, Issued]]:
        for name, hours in self._open.items():
            due = {hour for hour in hours if hour < before}
            if not due:
                continue
            hours -= due
            self._issued[name] = max(max(due), self._issued.get(name, max(due)))
            if not is_silent:
                asked = self._asked(name, due, batch)
                yield from ((name, one) for one in self._state.forecast(name, asked))

    def _asked(self, name: str, due: set[int], batch: Batch) -> list[int]:
        """Of the hours that are complete those to forecast from; the newest of a feed always."""
        newest = max(due) if name in batch.service or batch.is_flush else None
        return [one for one in due if one % self._every_h == 0 or one == newest]

    def _message(self, station_id: str, made: Issued, batch: Batch) -> ForecastMessage:
        newest = self._state.station(station_id).grid.end_hour - 1
        is_service = station_id in batch.service and made.origin_hour == newest
        return message_of(
            made,
            station_id,
            self._datasets[station_id],
            Kind.SERVICE if is_service else Kind.HINDCAST,
            self._state.station(station_id).model_version,
            made_ms=batch.made_ms,
            feed_id=self._feed_id,
        )
