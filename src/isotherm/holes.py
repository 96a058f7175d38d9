"""Holes in a station's record: days without an observation, overdue ones, and thin ones. Pure.

What counts as a hole is decided here and nowhere else:

- A **year is held** where it has any day with an observation. Years nobody imported are no holes.
- A day is **expected** from the station's first day with an observation to its last, in years that are
  held; except a weekday on which the station never reports (none of the same weekdays of the four weeks
  before and after has an observation, though most of the other days have), and a calendar month that is
  empty in every year held of which there are at least two.
- **missing**: expected, and without an observation that counts.
- **late**: after the last day with an observation, up to the day that has been published by now. After
  `SILENT_AFTER` without a day a station is taken for closed, and nothing of it is late.
- **thin**: with observations in fewer than half as many hours as the month's median day has, or without
  one of the four six-hour parts where most days of the month have all of them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from isotherm.datasets.facts import DAYS_UNTIL_PUBLISHED

SILENT_AFTER: Final = timedelta(days=30)
_WEEKS: Final = 4
# Of the 48 days of other weekdays around a day; at the end of a record half of them are there.
_OTHER_DAYS: Final = 20
_DAY: Final = timedelta(days=1)


class HoleKind(StrEnum):
    """What is wrong with a day."""

    MISSING = "missing"
    LATE = "late"
    THIN = "thin"


@dataclass(frozen=True, slots=True)
class MonthDays:
    """Which days of a station's month have observations, as bits: bit n-1 is day n.

    Attributes:
        month: its first day.
        seen: days with an observation that counts under the default rule.
        thin: those of them with too few hours.
    """

    month: date
    seen: int
    thin: int = 0


@dataclass(frozen=True, slots=True)
class Hole:
    """A run of days of one kind; days on which nothing is expected do not end it.

    Attributes:
        first_day: UTC.
        last_day: UTC, inclusive.
        day_count: days in it on which something is expected.
    """

    kind: HoleKind
    first_day: date
    last_day: date
    day_count: int

    def joined(self, day: date) -> "Hole":
        """One day longer."""
        return Hole(self.kind, self.first_day, day, self.day_count + 1)


def published_through(today: date) -> date:
    """The newest day whose observations should be there, by the datasets' usual delay.

    Args:
        today: by the clock, UTC.
    """
    return today - timedelta(days=DAYS_UNTIL_PUBLISHED)


def find_holes(
    months: Iterable[MonthDays],
    *,
    published_through: date,
    first_day: date = date.min,
    last_day: date = date.max,
) -> list[Hole]:
    """The holes of one station, in order of time.

    Args:
        months: all of the station's months that have an observation.
        published_through: the newest day of which the observations are published by now.
        first_day: holes before it are left out; a run that reaches over it is cut.
        last_day: likewise, inclusive.
    """
    record = _Record.of(months)
    if not record.seen:
        return []
    holes: list[Hole] = []
    for day, kind in record.troubled_days(published_through, first_day, last_day):
        before = holes[-1] if holes else None
        if before and before.kind is kind and record.is_closed_between(before.last_day, day):
            holes[-1] = before.joined(day)
        else:
            holes.append(Hole(kind, day, day, 1))
    return holes


def kinds_of_days(
    months: Iterable[MonthDays], *, published_through: date, first_day: date, last_day: date
) -> dict[date, HoleKind]:
    """Each day of one station that is a hole, as `find_holes` counts them; both ends inclusive."""
    record = _Record.of(months)
    if not record.seen:
        return {}
    return dict(record.troubled_days(published_through, first_day, last_day))


@dataclass(frozen=True, slots=True)
class _Record:
    """What there is of a station.

    Attributes:
        seen: by (year, month), days as bits.
        thin: likewise.
        years: that are held, sorted.
        first: its first day with an observation.
        last: its last one.
    """

    seen: Mapping[tuple[int, int], int]
    thin: Mapping[tuple[int, int], int]
    years: Sequence[int]
    first: date
    last: date

    @classmethod
    def of(cls, months: Iterable[MonthDays]) -> "_Record":
        held = sorted((one for one in months if one.seen), key=lambda one: one.month)
        if not held:
            return cls({}, {}, (), date.max, date.min)
        first, last = held[0], held[-1]
        return cls(
            {(one.month.year, one.month.month): one.seen for one in held},
            {(one.month.year, one.month.month): one.thin for one in held},
            sorted({one.month.year for one in held}),
            first.month + timedelta(days=(first.seen & -first.seen).bit_length() - 1),
            last.month + timedelta(days=last.seen.bit_length() - 1),
        )

    def troubled_days(
        self, published_through: date, first_day: date, last_day: date
    ) -> Iterator[tuple[date, HoleKind]]:
        """Each day that is a hole, with its kind, in order of time."""
        for year in self.years:
            for month in range(1, 13):
                start = date(year, month, 1)
                end = _month_after(start) - _DAY
                if end < max(first_day, self.first) or start > min(last_day, self.last):
                    continue
                for day, kind in self._of_month(start, end):
                    if max(first_day, self.first) <= day <= min(last_day, self.last):
                        yield day, kind
        for day in self._late(published_through):
            if first_day <= day <= last_day:
                yield day, HoleKind.LATE

    def _of_month(self, start: date, end: date) -> Iterator[tuple[date, HoleKind]]:
        key = (start.year, start.month)
        seen, thin = self.seen.get(key, 0), self.thin.get(key, 0)
        troubled = ((1 << end.day) - 1) & ~seen | thin
        if not troubled or (not seen and self._is_out_of_season(start)):
            return
        for number in range(end.day):
            if not troubled >> number & 1:
                continue
            day = start.replace(day=number + 1)
            if thin >> number & 1:
                yield day, HoleKind.THIN
            elif self.is_expected(day):
                yield day, HoleKind.MISSING

    def _late(self, published_through: date) -> Iterator[date]:
        if not _DAY <= published_through - self.last <= SILENT_AFTER:
            return
        day = self.last + _DAY
        while day <= published_through:
            if self.is_expected(day):
                yield day
            day += _DAY

    def has(self, day: date) -> bool:
        """Whether the day has an observation."""
        return bool(self.seen.get((day.year, day.month), 0) >> (day.day - 1) & 1)

    def is_expected(self, day: date) -> bool:
        """Whether the station reports on such a weekday at that time."""
        around = [distance for distance in range(-7 * _WEEKS, 7 * _WEEKS + 1) if distance]
        same = [one for one in around if one % 7 == 0]
        if any(self.has(day + timedelta(days=one)) for one in same):
            return True
        others = sum(self.has(day + timedelta(days=one)) for one in around if one % 7)
        return others < _OTHER_DAYS

    def _is_out_of_season(self, month: date) -> bool:
        """Whether no year that is held has anything of this calendar month."""
        return len(self.years) > 1 and not any((one, month.month) in self.seen for one in self.years)

    def is_closed_between(self, before: date, after: date) -> bool:
        """Whether nothing is expected between two days, as over a weekend; true of neighbours."""
        if after - before > timedelta(days=7):
            return False
        day = before + _DAY
        while day < after:
            if self.has(day) or self.is_expected(day):
                return False
            day += _DAY
        return True


def _month_after(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)
