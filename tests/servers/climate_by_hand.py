"""The climate of a place as a person would count it from its hours: plain Python, one day at a time.

Nothing of it is shared with what is tested. Temperatures are tenths of a degree Celsius.
"""

import calendar
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

Hours = dict[datetime, list[int]]
Row = dict[str, Any]
SEASONS = ("DJF", "MAM", "JJA", "SON")
KINDS: dict[str, Callable[[list[int]], bool]] = {
    "frost_days": lambda values: min(values) < 0,
    "ice_days": lambda values: max(values) < 0,
    "summer_days": lambda values: max(values) >= 250,
    "tropical_nights": lambda values: min(values) >= 200,
}


def mean_hundredths(values: Iterable[int]) -> int:
    """Of tenths, to the nearest, halves to the even one."""
    found = list(values)
    return round(Fraction(sum(found) * 10, len(found)))


def half_even(values: Iterable[int]) -> int:
    """The mean of whole numbers, likewise."""
    found = list(values)
    return round(Fraction(sum(found), len(found)))


def season_of(day: date) -> str:
    """2014-DJF begins in December 2013."""
    return f"{day.year + (day.month == 12)}-{SEASONS[day.month % 12 // 3]}"


PERIODS: dict[str, Callable[[date], str]] = {
    "day": lambda day: day.isoformat(),
    "month": lambda day: f"{day:%Y-%m}",
    "season": season_of,
    "year": lambda day: f"{day.year}",
}


def days_between(first: date, last: date) -> list[date]:
    """Both included."""
    return [first + timedelta(n) for n in range((last - first).days + 1)]


class PlaceByHand:
    """What the climate of a place is, from its hours."""

    def __init__(self, hours: Hours) -> None:
        self.hours = hours
        self.days: dict[date, list[int]] = defaultdict(list)
        parts = defaultdict(set)
        for hour, values in sorted(hours.items()):
            self.days[hour.date()] += values
            parts[hour.date()].add(hour.hour // 6)
        self.good = {day for day, found in parts.items() if len(found) == 4}
        self.means = {day: mean_hundredths(values) for day, values in self.days.items()}

    def calendar(self, period: str) -> dict[str, list[date]]:
        """Label -> every day of each period that has one; `all` is of whole months."""
        first, last = min(self.days), max(self.days)
        end = last.replace(day=calendar.monthrange(last.year, last.month)[1])
        if period == "all":
            return {"all": days_between(first.replace(day=1), end)}
        found = defaultdict(list)
        for day in days_between(date(first.year - 1, 12, 1), date(last.year + 1, 12, 31)):
            found[PERIODS[period](day)].append(day)
        return {label: days for label, days in found.items() if any(day in self.days for day in days)}

    def coverage(self, days: list[date]) -> Row:
        """How complete a period is."""
        good = sum(day in self.good for day in days)
        return {
            "day_count": sum(day in self.days for day in days),
            "good_day_count": good,
            "completeness": round(good / len(days), 4),
            "grade": "good" if good * 10 >= len(days) * 9 else "weak",
        }

    def coverage_of_month(self, month: int | None) -> Row:
        """Of a calendar month in all years from the first that has a day of any to the last."""
        every = self.calendar("all")["all"]
        return self.coverage([day for day in every if month in (None, day.month)])

    def threshold_days(self, period: str, own: Callable[[date], bool]) -> list[Row]:
        """Rows of `/threshold-days`."""
        return [
            {
                "period": label,
                **{
                    kind: sum(day in self.days and holds(self.days[day]) for day in days)
                    for kind, holds in KINDS.items()
                },
                "own_days": sum(day in self.days and own(day) for day in days),
                **self.coverage(days),
            }
            for label, days in self.calendar(period).items()
        ]

    def streaks(self, period: str) -> list[Row]:
        """Rows of `/streaks`."""
        rows = []
        for label, days in self.calendar(period).items():
            for kind, holds in KINDS.items():
                best: list[date] = []
                run: list[date] = []
                for day in days:
                    run = [*run, day] if day in self.days and holds(self.days[day]) else []
                    best = run if len(run) > len(best) else best
                first, last = (best[0].isoformat(), best[-1].isoformat()) if best else (None, None)
                rows.append(
                    {
                        "period": label,
                        "kind": kind,
                        "longest_days": len(best),
                        "first_day": first,
                        "last_day": last,
                        **self.coverage(days),
                    }
                )
        return rows

    def degree_days(self, period: str, heating: int, cooling: int) -> list[Row]:
        """Rows of `/degree-days`; bases in hundredths."""
        return [
            {
                "period": label,
                "heating_degree_days": sum(
                    max(0, heating - self.means[day]) for day in days if day in self.days
                )
                / 100,
                "cooling_degree_days": sum(
                    max(0, self.means[day] - cooling) for day in days if day in self.days
                )
                / 100,
                **self.coverage(days),
            }
            for label, days in self.calendar(period).items()
        ]

    def records(self) -> list[Row]:
        """Rows of `/records`."""
        values: dict[str, tuple[Callable[[date], int], int, bool]] = {
            "highest": (lambda day: max(self.days[day]) * 10, 1, False),
            "lowest": (lambda day: min(self.days[day]) * 10, -1, False),
            "warmest_day": (lambda day: self.means[day], 1, True),
            "coldest_day": (lambda day: self.means[day], -1, True),
            "highest_minimum": (lambda day: min(self.days[day]) * 10, 1, True),
            "lowest_maximum": (lambda day: max(self.days[day]) * 10, -1, True),
        }
        rows = []
        for month in (None, *range(1, 13)):
            for kind, (value, sign, is_of_good) in values.items():
                own = [
                    day
                    for day in sorted(self.days)
                    if month in (None, day.month) and (day in self.good or not is_of_good)
                ]
                if own:
                    first = max(own, key=lambda day: (sign * value(day), -day.toordinal()))
                    rows.append(
                        {
                            "month": month,
                            "kind": kind,
                            "value_c": value(first) / 100,
                            "day": first.isoformat(),
                            **self.coverage_of_month(month),
                            "day_count": len(own),
                        }
                    )
        return rows

    def percentiles(self, percents: Iterable[str]) -> list[Row]:
        """Rows of `/percentiles`: the first in order that so many percent are not above."""
        rows = []
        for month in (None, *range(1, 13)):
            own = sorted(
                value
                for hour, one in self.hours.items()
                for value in one
                if month in (None, hour.month)
            )
            for percent in percents if own else ():
                rank = Fraction(percent) * len(own) / 100
                at = max(0, -(-rank.numerator // rank.denominator) - 1)
                rows.append(
                    {
                        "month": month,
                        "percent": float(percent),
                        "value_c": own[at] / 10,
                        "observation_count": len(own),
                        **self.coverage_of_month(month),
                    }
                )
        return rows

    def reference(self) -> tuple[int, int, int]:
        """First and last year normals are of, and how many years of them there are."""
        years = {day.year for day in self.days}
        standard = {year for year in years if 1991 <= year <= 2020}
        if len(standard) >= 10:
            return 1991, 2020, len(standard)
        return min(years), max(years), len(years)

    def _known(self) -> list[date]:
        first, last, _ = self.reference()
        return [day for day in sorted(self.days) if first <= day.year <= last]

    def month_normals(self) -> dict[int, int]:
        """Mean of the months' means, in hundredths."""
        months = defaultdict(list)
        for day in self._known():
            months[day.year, day.month].append(self.means[day])
        years = defaultdict(list)
        for (_, month), means in months.items():
            years[month].append(half_even(means))
        return {month: half_even(means) for month, means in sorted(years.items())}

    def day_normals(self) -> dict[tuple[int, int], int]:
        """Mean of the days at most seven days away, on a calendar that has 29 February."""
        leap = days_between(date(2000, 1, 1), date(2000, 12, 31))
        found = {}
        for when in leap:
            near = {(leap[(when.timetuple().tm_yday - 1 + n) % 366]) for n in range(-7, 8)}
            names = {(one.month, one.day) for one in near}
            own = [self.means[day] for day in self._known() if (day.month, day.day) in names]
            if own:
                found[when.month, when.day] = half_even(own)
        return found

    def hour_normals(self) -> dict[tuple[int, int], int]:
        """Mean of all observations of an hour of the day in a month."""
        first, last, _ = self.reference()
        found = defaultdict(list)
        for hour, values in self.hours.items():
            if first <= hour.year <= last:
                found[hour.month, hour.hour] += values
        return {key: mean_hundredths(values) for key, values in sorted(found.items())}

    def anomalies(self, period: str) -> list[tuple[str, int, int]]:
        """Period, mean and normal, in hundredths."""
        if period == "day":
            usual = self.day_normals()
            return [
                (day.isoformat(), mean, usual[day.month, day.day])
                for day, mean in sorted(self.means.items())
                if (day.month, day.day) in usual
            ]
        normals, found = self.month_normals(), []
        for label, days in self.calendar(period).items():
            months = defaultdict(list)
            for day in days:
                if day in self.days and day.month in normals:
                    months[day.month].append(self.means[day])
            if months:
                mean = half_even(half_even(means) for means in months.values())
                found.append((label, mean, half_even(normals[month] for month in months)))
        return found

    def seasons(self, names: tuple[str, str, str, str]) -> list[Row]:
        """Rows of the seasonal series, some columns; names are those of DJF, MAM, JJA and SON."""
        rows = []
        for label, days in self.calendar("season").items():
            values = [value for day in days for value in self.days.get(day, ())]
            rows.append(
                {
                    "season": label,
                    "season_name": names[SEASONS.index(label[5:])],
                    "min_c": min(values) / 10,
                    "mean_c": mean_hundredths(values) / 100,
                    "max_c": max(values) / 10,
                    "observation_count": len(values),
                    "day_count": sum(day in self.days for day in days),
                    "grade": self.coverage(days)["grade"],
                }
            )
        return rows
