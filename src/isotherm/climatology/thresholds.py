"""Days beyond a threshold, runs of such days, and degree days: exact, from a period's days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from isotherm.climatology.months import Day
from isotherm.climatology.periods import Span

Element = Literal["min", "max", "mean"]


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a day has to be: its minimum, maximum or mean at least one value, below another, or both.

    Attributes:
        name: of the kind of day.
        element: of the day.
        at_least_hundredths: of a degree Celsius; None = open downwards.
        below_hundredths: likewise; None = open upwards.
    """

    name: str
    element: Element
    at_least_hundredths: int | None = None
    below_hundredths: int | None = None

    def holds(self, day: Day) -> bool:
        """Whether a day is of this kind."""
        value = {
            "min": day.min_tenths * 10,
            "max": day.max_tenths * 10,
            "mean": day.mean_hundredths,
        }[self.element]
        low, high = self.at_least_hundredths, self.below_hundredths
        return (low is None or value >= low) and (high is None or value < high)

    def count(self, days: Iterable[Day]) -> int:
        """How many days are of this kind."""
        return sum(map(self.holds, days))


FROST: Final = Threshold("frost_days", "min", below_hundredths=0)
ICE: Final = Threshold("ice_days", "max", below_hundredths=0)
SUMMER: Final = Threshold("summer_days", "max", at_least_hundredths=2500)
TROPICAL: Final = Threshold("tropical_nights", "min", at_least_hundredths=2000)
STANDARD: Final = (FROST, ICE, SUMMER, TROPICAL)


@dataclass(frozen=True, slots=True)
class Streak:
    """The runs of days of a kind in a stretch of calendar days, such that two stretches merge.

    Attributes:
        length: days of the stretch.
        prefix: length of the run it begins with.
        suffix: length of the run it ends with.
        longest: length of its longest run.
        start: where that begins, in days from the stretch's first; of equal ones the first. 0 if none.
    """

    length: int
    prefix: int
    suffix: int
    longest: int
    start: int

    @classmethod
    def of(cls, *, holds: bool, length: int = 1) -> "Streak":
        """A stretch of days that are all of the kind, or none of them."""
        run = length if holds else 0
        return cls(length, run, run, run, 0)

    def then(self, after: "Streak") -> "Streak":
        """This stretch and the one that follows it; associative."""
        joined = self.suffix + after.prefix
        best = max(self.longest, joined, after.longest)
        if best == self.longest:
            start = self.start
        elif best == joined:
            start = self.length - self.suffix
        else:
            start = self.length + after.start
        return Streak(
            self.length + after.length,
            self.length + after.prefix if self.prefix == self.length else self.prefix,
            after.length + self.suffix if after.suffix == after.length else after.suffix,
            best,
            start if best else 0,
        )


_NOTHING: Final = Streak(0, 0, 0, 0, 0)


def streak_of(span: Span, threshold: Threshold) -> Streak:
    """The runs of a period; a day without a temperature ends one, and so do the period's ends."""
    found = _NOTHING
    expected = span.first
    for one in span.days:
        gap = (one.day - expected).days
        if gap:
            found = found.then(Streak.of(holds=False, length=gap))
        found = found.then(Streak.of(holds=threshold.holds(one)))
        expected = one.day + timedelta(days=1)
    rest = span.length - (expected - span.first).days
    return found.then(Streak.of(holds=False, length=rest)) if rest else found


def run_dates(span: Span, streak: Streak) -> tuple[date, date] | None:
    """First and last day of a period's longest run; None if it has none."""
    if not streak.longest:
        return None
    first = span.first + timedelta(days=streak.start)
    return first, first + timedelta(days=streak.longest - 1)


def degree_days(
    days: Iterable[Day], heating_hundredths: int, cooling_hundredths: int
) -> tuple[int, int]:
    """Heating and cooling degree days, in hundredths.

    Sums over the days of how far their means lie below the one base, and above the other.
    """
    heating = cooling = 0
    for one in days:
        heating += max(0, heating_hundredths - one.mean_hundredths)
        cooling += max(0, one.mean_hundredths - cooling_hundredths)
    return heating, cooling
