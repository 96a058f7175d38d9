"""A station that is forecast while its hours come: its grid, its sums, its models, all exact.

At any time the sums are those of batch training on the same grid: of the origins that a change touches,
the old ones are taken away and the new ones added. What an origin knows depends on no later hour, so an
hour that comes at the end costs one row of features and lets in the few origins whose last lead it is.
Models are fitted once in each day of the data, from the sums as they are before the first hour of that
day is looked at. A day's model speaks from an hour of the day on that is the station's own, and is
fitted when that hour comes: else all stations would be fitted in the first hour of the day.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from isotherm.forecast.baselines import usual_at_leads
from isotherm.forecast.features import own_features
from isotherm.forecast.hours import DAY, Filled, StationHours
from isotherm.forecast.known_hours import Known
from isotherm.forecast.neighbours import Signal, joined, told_at, waves_of
from isotherm.forecast.origins import Origins
from isotherm.forecast.streamed_part import StreamedPart
from isotherm.forecast.targets import FAR_LEADS_H, observed_at_leads, training_targets
from isotherm.forecast.trained_station import TrainedStation

# A row looks back so far: 30 days, and what closes gaps and lags add to them.
LOOKS_BACK_H: Final = 34 * DAY
# A change moves targets in gaps beside it.
BESIDE_H: Final = 3
# A change touches origins so far before it.
REACH_H: Final = FAR_LEADS_H[-1] + BESIDE_H
# What an hour that comes at the end asks of the rows before it, and some days of late ones.
_ROWS_KEPT_H: Final = REACH_H + 3 * DAY


@dataclass(frozen=True, slots=True)
class StreamStart:
    """What a station begins with.

    Attributes:
        trained: before the stream's first hour.
        past: its hours up to the stream's first one, from at least `LOOKS_BACK_H` before the end of
            training on.
        model_version: of what training made.
        is_promoted: whether the model may speak; else the damped anomaly does.
    """

    trained: TrainedStation
    past: StationHours
    model_version: str
    is_promoted: bool = True


class StreamedStation:
    """One station of a stream."""

    def __init__(self, start: StreamStart, model_hour: int) -> None:
        """Go on from training.

        Args:
            start: what it begins with.
            model_hour: of the day (UTC), from which the day's model speaks.
        """
        trained = start.trained
        self.grid = start.past
        self.model_version = start.model_version
        self.is_promoted = start.is_promoted
        self.leads_h = trained.leads_h
        self.half_width_c = trained.widths.model_c if start.is_promoted else trained.widths.damped14_c
        self.near, self.far = StreamedPart(trained.near), StreamedPart(trained.far)
        self._model_hour = model_hour
        self._model_day: int | None = None
        self.until_hour = trained.until_hour
        self._known: Known | None = None

    @property
    def neighbours(self) -> tuple[str, ...]:
        """The stations it listens to."""
        return self.near.columns.neighbours

    @property
    def parts(self) -> tuple[StreamedPart, StreamedPart]:
        """Near and far leads."""
        return self.near, self.far

    def knows_from(self, hour: int) -> bool:
        """Whether its rows reach back so far."""
        return self._known is not None and self._known.begin <= hour

    def look_at(self, hour: int, signals: list[Signal]) -> None:
        """Make the rows from an hour on anew, on the grid as it is; those before it stay.

        Args:
            hour: the first one, since 1970.
            signals: of its neighbours, in their order.
        """
        made = self._made(hour - DAY, signals)
        if self._known is None or not self.knows_from(made.begin) or self._known.end < hour:
            self._known = made
        else:
            self._known = self._known.then(made, hour)

    def _made(self, begin: int, signals: list[Signal]) -> Known:
        piece = self.grid.between(begin - LOOKS_BACK_H)
        begin = max(begin, piece.first_hour)
        own = own_features(piece, begin - piece.first_hour)
        rows, is_heard = own.rows, np.ones(len(own.rows), np.bool_)
        if signals:
            hour = piece.hours[begin - piece.first_hour :]
            waves = waves_of(hour)
            told, is_heard = joined([told_at(one, hour, waves) for one in signals])
            rows = np.column_stack([rows, told])
        return Known(begin, rows, is_heard, own.usual_c)

    def known_since(self, hour: int) -> Known:
        """Its rows from an hour on, which they reach back to."""
        assert self._known is not None  # noqa: S101 - the caller has looked
        return self._known.since(hour)

    def fit_what_is_due(self) -> None:
        """Fit the model that speaks at the newest hour, unless it is there."""
        for part in self.parts:
            part.reach(self.grid.end_hour - 1)

    def forget(self, grid_h: int) -> None:
        """Keep so many hours of the grid, and the rows that the next hours ask for."""
        self.grid = self.grid.between(self.grid.end_hour - grid_h)
        if self._known is not None and len(self._known.rows) > 2 * _ROWS_KEPT_H:
            kept = self._known.since(self._known.end - _ROWS_KEPT_H)
            self._known = Known(kept.begin, kept.rows.copy(), kept.is_heard.copy(), kept.usual_c.copy())

    def origins(
        self, known: Known, grid: StationHours, begin: int, end: int, leads_h: tuple[int, ...]
    ) -> Origins:
        """Origins from an hour to before another, on some grid.

        Args:
            known: reaches back a day before them.
            grid: what came.
            begin: first hour.
            end: hour after the last.
            leads_h: hours ahead.
        """
        hour = np.arange(begin, max(end, begin))
        count = len(hour)
        place = begin - known.begin
        cut, day_before = slice(place, place + count), slice(max(place - DAY, 0), place + count)
        piece = grid.between(begin, begin + count + leads_h[-1])
        ahead = usual_at_leads(known.usual_c[day_before], leads_h)
        return Origins(
            hour=hour,
            temperature_c=piece.temperature_c[:count],
            rows=known.rows[cut],
            is_heard=known.is_heard[cut],
            usual_c=known.usual_c[cut],
            usual_ahead_c=ahead[len(ahead) - count :],
            targets=training_targets(piece, leads_h)[:count],
            observed_c=observed_at_leads(piece.temperature_c, leads_h)[:count],
        )

    def move(self, old: tuple[Known, StationHours], own: int | None, heard: int | None) -> None:
        """Bring the sums up to date.

        Args:
            old: its rows and grid as they were.
            own: the first hour of its own that changed.
            heard: the first hour at which a neighbour tells something else.
        """
        known = self.known_since(old[0].begin)
        for part in self.parts:
            last = part.leads_h[-1]
            firsts = [] if own is None else [own - BESIDE_H - last]
            begin = min([*firsts, *([] if heard is None else [heard])])
            part.move(
                *(
                    self.origins(rows, grid, begin, grid.end_hour - last, part.leads_h)
                    for rows, grid in (old, (known, self.grid))
                )
            )

    def catch_up(self) -> None:
        """Add the origins whose last lead has come between the end of training and that of the grid."""
        known = self.known_since(self.until_hour - REACH_H - DAY)
        before = self.grid.between(self.grid.first_hour, self.until_hour)
        before = replace(before, filled=Filled.of(before.temperature_c))
        self.move((known, before), self.until_hour, None)

    def begin_day(self, day: int) -> None:
        """The model of a day of the data is that of what is known so far; an earlier day has one."""
        if self._model_day is None or day > self._model_day:
            self._model_day = day
            for part in self.parts:
                part.fit_later(day * DAY + self._model_hour)
