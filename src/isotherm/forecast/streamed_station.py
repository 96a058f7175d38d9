"""A station that is forecast while its hours come: its grid, its sums, its models, all exact.

At any time the sums are those of batch training on the same grid: of the origins that a change touches,
the old ones are taken away and the new ones added. What an origin knows depends on no later hour, so an
hour that comes at the end costs one row of features and lets in the few origins whose last lead it is.
Models are fitted from the sums once in each day of the data, before the first hour of that day is
looked at.
"""

from dataclasses import fields, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from isotherm.forecast.baselines import usual_at_leads
from isotherm.forecast.features import own_features
from isotherm.forecast.hours import DAY, Filled, StationHours
from isotherm.forecast.known_hours import Known
from isotherm.forecast.model import StationModel
from isotherm.forecast.neighbours import Signal, joined, told_at, waves_of
from isotherm.forecast.origins import Columns, Origins
from isotherm.forecast.station_sums import StationSums
from isotherm.forecast.targets import FAR_LEADS_H, observed_at_leads, training_targets
from isotherm.forecast.trained_station import TrainedStation
from isotherm.forecast.training import Trained

# A row looks back so far: 30 days, and what closes gaps and lags add to them.
LOOKS_BACK_H: Final = 34 * DAY
# A change moves targets in gaps beside it.
BESIDE_H: Final = 3
# A change touches origins so far before it.
REACH_H: Final = FAR_LEADS_H[-1] + BESIDE_H
# Rows wait until there are so many pieces of them.
_MOST_WAITING: Final = 2 * DAY
# What an hour that comes at the end asks of the rows before it, and some days of late ones.
_ROWS_KEPT_H: Final = REACH_H + 3 * DAY


class StreamedPart:
    """The sums and the model of some leads."""

    def __init__(self, trained: Trained) -> None:
        """Go on from training."""
        self._trained = trained
        self._sums = trained.sums
        self._waiting: list[tuple[bool, Origins]] = []
        self.model = trained.model

    @property
    def leads_h(self) -> tuple[int, ...]:
        """Hours ahead."""
        return self.model.leads_h

    @property
    def columns(self) -> Columns:
        """Of the rows."""
        return self._trained.columns

    @property
    def sums(self) -> StationSums:
        """Of all rows so far."""
        added, taken = (
            [one for is_new, one in self._waiting if is_new is wanted] for wanted in (True, False)
        )
        if added:
            self._sums += StationSums.of(_joined(added))
        if taken:
            self._sums -= StationSums.of(_joined(taken))
        self._waiting.clear()
        return self._sums

    def move(self, old: Origins, new: Origins) -> None:
        """Take rows away and put others in their place; those that are the same stay."""
        gone, come = _differing(old, new)
        self._waiting += [
            (is_new, one) for is_new, one in ((False, gone), (True, come)) if len(one.hour)
        ]
        if len(self._waiting) > _MOST_WAITING:
            self._sums = self.sums

    def refit(self) -> None:
        """The model anew from the sums."""
        choice = self._trained.choice
        self.model = StationModel.fit(self.sums, self.columns, choice.variant, self.leads_h)


class StreamedStation:
    """One station of a stream."""

    def __init__(self, start: TrainedStation, past: StationHours) -> None:
        """Go on from training.

        Args:
            start: trained before the stream's first hour.
            past: its hours so far, from at least `LOOKS_BACK_H` before the end of training on.
        """
        self.station_id = start.station_id
        self.grid = past
        self.near, self.far = StreamedPart(start.near), StreamedPart(start.far)
        self.model_day: int | None = None
        self.until_hour = start.until_hour
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
        """Fit anew if no model was fitted for a day of the data, with what is known so far."""
        if self.model_day is None or day > self.model_day:
            self.model_day = day
            for part in self.parts:
                part.refit()


def _differing(old: Origins, new: Origins) -> tuple[Origins, Origins]:
    """What is only in one of two runs of hours that begin at the same one."""
    both = min(len(old.hour), len(new.hour))
    same = np.ones(both, np.bool_)
    for one in fields(Origins):
        before, after = getattr(old, one.name)[:both], getattr(new, one.name)[:both]
        same &= _rows_equal(before, after)
    is_gone, is_come = np.ones(len(old.hour), np.bool_), np.ones(len(new.hour), np.bool_)
    is_gone[:both], is_come[:both] = ~same, ~same
    return old.take(is_gone), new.take(is_come)


def _rows_equal(
    before: npt.NDArray[np.generic], after: npt.NDArray[np.generic]
) -> npt.NDArray[np.bool_]:
    equal = np.asarray(before == after)
    if before.dtype.kind == "f":
        equal |= np.isnan(before) & np.isnan(after)
    return equal if equal.ndim == 1 else np.asarray(equal.all(axis=1))


def _joined(pieces: list[Origins]) -> Origins:
    return Origins(
        *(np.concatenate([getattr(piece, one.name) for piece in pieces]) for one in fields(Origins))
    )
