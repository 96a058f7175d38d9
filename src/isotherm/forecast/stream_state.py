"""Forecasts while hours come, pure: changes of hours in, forecasts out; no clock, no store.

The sums are a function of what training left and of the hours as they are now, whatever order and
pieces they came in: late and corrected hours move the rows they touch. Within a batch the days of the
data are taken one after the other, and a day's forecasts are made by models of the hours before it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

import numpy as np

from isotherm.forecast.changed_hours import ChangedHours, first_difference, with_changes
from isotherm.forecast.hours import DAY, Floats, StationHours
from isotherm.forecast.issue import Issued, said_at
from isotherm.forecast.known_hours import Known
from isotherm.forecast.neighbours import Signal, signal_of
from isotherm.forecast.origins import Origins
from isotherm.forecast.streamed_part import StreamedPart
from isotherm.forecast.streamed_station import LOOKS_BACK_H, REACH_H, StreamedStation, StreamStart

# Older hours than so many before the newest change nothing more; the stream itself drops them earlier.
LATEST_H: Final = 31 * DAY
_GRID_H: Final = LATEST_H + LOOKS_BACK_H + REACH_H + 2 * DAY
_SIGNAL_COLUMNS: Final = 5
_SIGNAL_LOOKS_BACK_H: Final = 16 * DAY


class StreamState:
    """Many stations of a stream."""

    def __init__(self, starts: Sequence[StreamStart]) -> None:
        """Begin, with the hours between training and the stream taken in."""
        self._stations = {
            one.trained.station_id: StreamedStation(one, place * DAY // len(starts))
            for place, one in enumerate(starts)
        }
        self._listeners: dict[str, list[str]] = {}
        for name, station in self._stations.items():
            for neighbour in station.neighbours:
                self._listeners.setdefault(neighbour, []).append(name)
        for station in self._stations.values():
            self._look_back(station, station.until_hour - REACH_H - DAY)
            station.catch_up()
        for station in self._stations.values():
            station.forget(_GRID_H)

    @property
    def newest_hour(self) -> int | None:
        """Of all stations; None without any."""
        ends = [one.grid.end_hour - 1 for one in self._stations.values()]
        return max(ends, default=None)

    def station(self, station_id: str) -> StreamedStation:
        """One of them."""
        return self._stations[station_id]

    def apply(self, changes: Mapping[str, ChangedHours]) -> Iterator[dict[str, ChangedHours]]:
        """Take changes in, a day of the data after the other; other stations' are left out.

        Yields:
            What has changed, after each day is taken in and before the next one is.
        """
        days = {name: one.of_days() for name, one in changes.items() if name in self._stations}
        for day in sorted(set(chain.from_iterable(days.values()))):
            of_day = {name: some[day] for name, some in days.items() if day in some}
            yield self._apply_day(day, of_day)

    def _apply_day(self, day: int, changes: Mapping[str, ChangedHours]) -> dict[str, ChangedHours]:
        newest = self.newest_hour
        if newest is None or (day + 1) * DAY <= newest - LATEST_H:
            return {}
        # A longer grid lets origins in, and carries its last hour on to those who listen.
        since = {
            name: min(first, self._stations[name].grid.end_hour)
            for name, one in changes.items()
            if (first := first_difference(self._stations[name].grid, one)) is not None
        }
        heard: dict[str, int] = {}
        for name, first in since.items():
            self._stations[name].begin_day(day)
            for listener in self._listeners.get(name, ()):
                heard[listener] = min(first, heard.get(listener, first))
        before = self._as_they_are(since, heard)
        for name in since:
            station = self._stations[name]
            station.grid = with_changes(station.grid, changes[name])
        signals: dict[tuple[str, int], Signal] = {}
        for name, old in before.items():
            station, own, other = self._stations[name], since.get(name), heard.get(name)
            first = min(one for one in (own, other) if one is not None)
            station.look_at(first, self._signals(station, first - DAY, signals))
            station.move(old, own, other)
            station.fit_what_is_due()
            station.forget(_GRID_H)
        return {name: changes[name] for name in since}

    def _as_they_are(
        self, since: Mapping[str, int], heard: Mapping[str, int]
    ) -> dict[str, tuple[Known, StationHours]]:
        """Rows and grids of the stations that a change touches, as far back as it does."""
        found = {}
        for name in {**since, **heard}:
            station = self._stations[name]
            firsts = [one[name] - back for one, back in ((since, REACH_H), (heard, 0)) if name in one]
            if name not in since and heard[name] >= station.grid.end_hour:
                continue
            begin = min(firsts) - DAY
            self._look_back(station, begin)
            found[name] = station.known_since(begin), station.grid
        return found

    def _look_back(self, station: StreamedStation, hour: int) -> None:
        """Let a station's rows reach back to an hour."""
        if not station.knows_from(hour):
            station.look_at(hour + DAY, self._signals(station, hour, {}))

    def _signals(
        self, station: StreamedStation, hour: int, made: dict[tuple[str, int], Signal]
    ) -> list[Signal]:
        """What a station's neighbours tell from an hour on, on their grids; others are silent."""
        return [self._signal(name, hour, made) for name in station.neighbours]

    def _signal(self, name: str, hour: int, made: dict[tuple[str, int], Signal]) -> Signal:
        first_hour = hour - _SIGNAL_LOOKS_BACK_H
        if (name, first_hour) not in made:
            neighbour = self._stations.get(name)
            if neighbour is None or neighbour.grid.end_hour <= first_hour:
                found = Signal(name, first_hour, np.full((1, _SIGNAL_COLUMNS), np.nan))
            else:
                found = signal_of(name, neighbour.grid.between(first_hour))
            made[name, first_hour] = found
        return made[name, first_hour]

    def forecast(self, station_id: str, origin_hours: Sequence[int]) -> list[Issued]:
        """What the station's models say at some hours that have a temperature; others are left out.

        Nothing later than each origin is looked at.
        """
        asked = set(origin_hours)
        if not asked:
            return []
        first, end = min(asked), max(asked) + 1
        station = self._stations[station_id]
        self._look_back(station, first - DAY)
        known = station.known_since(first - DAY)
        parts = []
        for part in station.parts:
            origins = station.origins(known, station.grid, first, end, part.leads_h)
            there = np.flatnonzero(~np.isnan(origins.temperature_c))
            at = there[[int(hour) in asked for hour in origins.hour[there]]]
            if not len(at):
                return []
            parts.append(_said(part, origins.take(at), station.grid, is_promoted=station.is_promoted))
        temperature, yesterday, climatology, damped, method = (
            np.concatenate(near_and_far, axis=1) for near_and_far in zip(*parts, strict=True)
        )
        half = station.half_width_c
        return [
            Issued(
                int(hour),
                station.leads_h,
                temperature[place],
                temperature[place] - half,
                temperature[place] + half,
                method[place].astype(np.int8),
                yesterday[place],
                climatology[place],
                damped[place],
            )
            for place, hour in enumerate(origins.hour[at])
        ]


def _said(
    part: StreamedPart, origins: Origins, grid: StationHours, *, is_promoted: bool
) -> tuple[Floats, ...]:
    """As `said_at`, by the models that speak at the origins."""
    pieces = [
        said_at(model if is_promoted else replace(model, own=None, neighbours=None), one, grid)
        for model, one in part.speaking(origins)
    ]
    return pieces[0] if len(pieces) == 1 else tuple(map(np.concatenate, zip(*pieces, strict=True)))
