"""Made-up hourly summaries for the database's and the API's tests, and a plain fold of them."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import sqlalchemy as sa

from isotherm.hourly_summary import REASON_COUNTS
from isotherm.quality import RULE_NAMES
from isotherm.statistics.catalogue import STATISTIC_NAMES

DATASET = "global-hourly"
Row = dict[str, Any]
SCHEMA = pl.Schema(
    {
        "station_id": pl.String(),
        "hour_start": pl.Datetime("us", "UTC"),
        "rule": pl.String(),
        **dict.fromkeys(STATISTIC_NAMES, pl.Int64()),
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
        "station_id": station_id,
        "hour_start": hour,
        "rule": "routine",
        "observation_count": len(values),
        "min_tenths": min(values, default=None),
        "max_tenths": max(values, default=None),
        "sum_tenths": sum(values) if values else None,
        "dew_point_count": 0,
        "dew_point_sum_tenths": None,
        **dict.fromkeys(REASON_COUNTS, 0),
        **changes,
    }


def frame(rows: Iterable[Row]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA)


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
                rows.append(hour_row(station_id, hour, temperatures, rule=rule, **reasons))
    return rows


def fetch(engine: sa.Engine, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
    """Every row, sorted."""
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(sa.text(f"SELECT {columns} FROM {table}"))]
    return sorted(found, key=repr)


Key = tuple[Any, ...]
PERIODS: dict[str, tuple[str, Callable[[datetime], Any]]] = {
    "daily_summary": ("day", lambda hour: hour.date()),
    "monthly_summary": ("month", lambda hour: date(hour.year, hour.month, 1)),
    "yearly_summary": ("year", lambda hour: hour.year),
}


def fold_periods(rows: Iterable[Row], period_of: Callable[[datetime], Any]) -> list[tuple[Any, ...]]:
    """station, period, rule, hours and the statistics of the catalogue, as a person would add up."""
    groups: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["station_id"], period_of(row["hour_start"]), row["rule"]].append(row)
    folded = []
    for key, members in groups.items():
        full = sum(1 for one in members if one["observation_count"])
        if full:
            folded.append((*key, full, *(_fold(name, members) for name in STATISTIC_NAMES)))
    return sorted(folded, key=repr)


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
                sum(one[4] for one in members),
                min(one[5] for one in members),
                max(one[6] for one in members),
                sum(divide_half_even(one[7] * 1000, one[4]) for one in members),
            )
            for key, members in groups.items()
        ),
        key=repr,
    )
