"""Made-up hourly summaries for the database's and the API's tests, and a plain fold of them."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import sqlalchemy as sa

from isotherm.hourly_summary import REASON_COUNTS
from isotherm.quality import RULE_NAMES
from isotherm.statistics.catalogue import PERIOD_STATISTICS, STATISTICS
from isotherm.statistics.merge import value_type

DATASET = "global-hourly"
Row = dict[str, Any]
SCHEMA = pl.Schema(
    {
        "station_id": pl.String(),
        "hour_start": pl.Datetime("us", "UTC"),
        "rule": pl.String(),
        **{one.name: value_type(one, 64) for one in STATISTICS},
    }
)


def divide_half_even(numerator: int, denominator: int) -> int:
    """Integer quotient rounded to nearest, ties to even; denominator > 0."""
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    return quotient + (twice > denominator or (twice == denominator and quotient % 2 == 1))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def hour_row(station_id: str, hour: datetime, temperatures: Iterable[int], **changes: object) -> Row:
    """The summary of some temperatures in tenths; none of them gives an empty hour."""
    values = list(temperatures)
    return {
        "values": values,
        "station_id": station_id,
        "hour_start": hour,
        "rule": "routine",
        "observation_count": len(values),
        "min_tenths": min(values, default=None),
        "max_tenths": max(values, default=None),
        "sum_tenths": sum(values) if values else None,
        "dew_point_count": 0,
        "dew_point_sum_tenths": None,
        "pressure_count": 0,
        "pressure_sum_tenths_hpa": None,
        "wind_count": 0,
        "wind_speed_sum_tenths_ms": None,
        "wind_east_sum_mms": None,
        "wind_north_sum_mms": None,
        "temperature_histogram": histogram_text(values) if len(values) > 3 else None,
        **dict.fromkeys(REASON_COUNTS, 0),
        **changes,
    }


def histogram_text(values: Iterable[int]) -> str:
    """How often each value occurs, as the platform writes it."""
    counts = Counter(values)
    return " ".join(f"{value}:{counts[value]}" for value in sorted(counts))


def frame(rows: Iterable[Row]) -> pl.DataFrame:
    return pl.DataFrame([{name: row[name] for name in SCHEMA} for row in rows], schema=SCHEMA)


def random_rows(seed: int, station_ids: Iterable[str], first: datetime, hours: int) -> list[Row]:
    """Hours with holes, negatives, odd sums and empty hours, under every rule."""
    dice = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    rows = []
    for station_id in station_ids:
        for hour in (first + timedelta(hours=n) for n in range(hours)):
            for rule in RULE_NAMES:
                if dice.random() < 0.2:
                    continue
                count = dice.choice((0, 1, 1, 2, 3, 7))
                temperatures = [dice.randint(-600, 500) for _ in range(count)]
                reasons = {name: dice.choice((0, 0, 1, 4)) for name in REASON_COUNTS}
                dew_points = [dice.randint(-700, 300) for _ in range(dice.randint(0, count))]
                if dew_points:
                    reasons |= {
                        "dew_point_count": len(dew_points),
                        "dew_point_sum_tenths": sum(dew_points),
                    }
                winds = dice.randint(0, count)
                if winds:
                    reasons |= {
                        "pressure_count": winds,
                        "pressure_sum_tenths_hpa": dice.randint(8600, 10900) * winds,
                        "wind_count": winds,
                        "wind_speed_sum_tenths_ms": dice.randint(0, 900) * winds,
                        "wind_east_sum_mms": dice.randint(-90_000, 90_000) * winds,
                        "wind_north_sum_mms": dice.randint(-90_000, 90_000) * winds,
                    }
                rows.append(hour_row(station_id, hour, temperatures, rule=rule, **reasons))
    return rows


def fetch(engine: sa.Engine, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
    """Every row, sorted."""
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(sa.text(f"SELECT {columns} FROM {table}"))]
    return sorted(found, key=repr)


Key = tuple[Any, ...]


def season_of(hour: datetime) -> date:
    """The first day of the season: December, March, June or September."""
    if hour.month < 3:
        return date(hour.year - 1, 12, 1)
    return date(hour.year, hour.month // 3 * 3, 1)


PERIODS: dict[str, tuple[str, Callable[[datetime], Any]]] = {
    "daily_summary": ("day", lambda hour: hour.date()),
    "monthly_summary": ("month", lambda hour: date(hour.year, hour.month, 1)),
    "seasonal_summary": ("season", season_of),
    "yearly_summary": ("year", lambda hour: hour.year),
}


PERIOD_COLUMNS = (
    "hour_count",
    "day_count",
    "good_day_count",
    *(one.name for one in PERIOD_STATISTICS),
)


def fold_periods(rows: Iterable[Row], period_of: Callable[[datetime], Any]) -> list[tuple[Any, ...]]:
    """What `PERIOD_COLUMNS` says after the key, as a person would add up."""
    groups: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["station_id"], period_of(row["hour_start"]), row["rule"]].append(row)
    folded = []
    for key, members in groups.items():
        full = [one for one in members if one["observation_count"]]
        if full:
            parts = defaultdict(set)
            for one in full:
                parts[one["hour_start"].date()].add(one["hour_start"].hour // 6)
            good = sum(1 for found in parts.values() if len(found) == 4)
            counts = (len(full), len(parts), good)
            folded.append((*key, *counts, *(_fold(one.name, members) for one in PERIOD_STATISTICS)))
    return sorted(folded, key=repr)


def fold_climate(rows: Iterable[Row]) -> list[tuple[Any, ...]]:
    """station, month, rule, days, day_course, histogram; `values` says what was observed."""
    groups: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        if row["observation_count"]:
            month = PERIODS["monthly_summary"][1](row["hour_start"])
            groups[row["station_id"], month, row["rule"]].append(row)
    sums = ("observation_count", "sum_tenths", "dew_point_count", "dew_point_sum_tenths")
    folded = []
    for key, members in groups.items():
        histogram = histogram_text(value for one in members for value in one["values"])
        days, hours = defaultdict(list), defaultdict(list)
        for one in members:
            days[one["hour_start"].day].append(one)
            hours[one["hour_start"].hour].append(one)
        course = " ".join(
            ":".join(map(str, (hour, *(_fold(name, hours[hour]) or 0 for name in sums))))
            for hour in sorted(hours)
        )
        packed = " ".join(_packed_day(day, days[day]) for day in sorted(days))
        folded.append((*key, packed, course, histogram))
    return sorted(folded, key=repr)


def _packed_day(day: int, hours: list[Row]) -> str:
    names = ("observation_count", "min_tenths", "max_tenths", "sum_tenths")
    dew = ("dew_point_count", "dew_point_sum_tenths")
    is_good = len({one["hour_start"].hour // 6 for one in hours}) == 4
    folded = (_fold(name, hours) or 0 for name in (*names, *dew))
    return ":".join(map(str, (day, *folded, int(is_good))))


def _fold(name: str, members: Iterable[Row]) -> int | None:
    values = [one[name] for one in members if one[name] is not None]
    fold = {"min_tenths": min, "max_tenths": max}.get(name, sum)
    return fold(values) if values else None


def fold_global(periods: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """period, rule, stations, observations, min, max, sum of means, from rows of `fold_periods`."""
    groups: dict[Key, list[tuple[Any, ...]]] = defaultdict(list)
    for row in periods:
        groups[row[1], row[2]].append(row)
    return sorted(
        (
            (
                *key,
                len(members),
                sum(one[6] for one in members),
                min(one[7] for one in members),
                max(one[8] for one in members),
                sum(divide_half_even(one[9] * 1000, one[6]) for one in members),
            )
            for key, members in groups.items()
        ),
        key=repr,
    )
