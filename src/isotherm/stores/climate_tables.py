"""What the climate of a place is merged from: per month its days, the course of its day, its histogram.

Pure, in Polars. The days come from the day rows; the course and the histogram are sums over hours, so
they are kept by the difference of hours that changed: what was is taken away, what is is added. Months
have numbers meanwhile: a number and an hour or a value make one integer, which groups and sorts fast.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from isotherm.climatology.months import COURSE_CELLS, DAY_CELLS, HISTOGRAM_CELLS
from isotherm.quality import RULE_NAMES
from isotherm.statistics import packed
from isotherm.statistics.histogram import TOLD_COUNT

MONTH_KEY: Final = ("station_id", "rule", "month")
NUMBER: Final = "number"
_KEY: Final = "key"
_RUN: Final = "run"


@dataclass(frozen=True, slots=True)
class HourSums:
    """A packed table of sums over hours.

    Attributes:
        name: of its column.
        cells: what names a row, then the sums; the first of these counts observations.
        low: least value of what names a row.
        width: values it may have.
    """

    name: str
    cells: tuple[str, ...]
    low: int
    width: int

    @property
    def sums(self) -> tuple[str, ...]:
        """The columns that add up."""
        return self.cells[1:]

    def key(self) -> pl.Expr:
        """Month's number and what names a row, as one integer."""
        return (pl.col(NUMBER) * self.width + pl.col(self.cells[0]) - self.low).alias(_KEY)

    def sum_up(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows with the same key as one: `key` and the sums, 64 bits wide."""
        return rows.group_by(_KEY).agg(pl.col(name).cast(pl.Int64).sum() for name in self.sums)

    def totals(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Observations by month's number: `number, total`; null where something is negative."""
        count = pl.col(self.sums[0])
        total = pl.when((count >= 0).all()).then(count.sum())
        return rows.group_by((pl.col(_KEY) // self.width).alias(NUMBER)).agg(total.alias("total"))

    def unpack(self, stored: pl.DataFrame) -> pl.DataFrame:
        """The rows of the texts that are stored: `key` and the sums, from `number` and the text."""
        rows = packed.unpack(stored.select(NUMBER, self.name), self.name, self.cells)
        return rows.select(self.key(), *self.sums)

    def pack(self, rows: pl.DataFrame) -> pl.DataFrame:
        """`number` and the text."""
        named = rows.sort(_KEY).select(
            (pl.col(_KEY) // self.width).alias(NUMBER),
            (pl.col(_KEY) % self.width + self.low).alias(self.cells[0]),
            *self.sums,
        )
        return packed.pack(named, NUMBER, self.cells, self.name)

    def of_months(self, rows: pl.DataFrame, numbers: pl.DataFrame, *, outside: bool) -> pl.DataFrame:
        """The rows of these months (`number`), or with `outside` of all others."""
        month = pl.col(_KEY) // self.width
        return rows.join(numbers, left_on=month, right_on=NUMBER, how="anti" if outside else "semi")


@dataclass(frozen=True, slots=True)
class HourChange:
    """What changes in the sums over hours of some months.

    Attributes:
        numbered: as of `number_months`, of all these months.
        old: of each table the sums over hours as they were: rows of changed hours alone.
        new: the same as they are.
    """

    numbered: pl.DataFrame
    old: "dict[HourSums, pl.DataFrame]"
    new: "dict[HourSums, pl.DataFrame]"

    @classmethod
    def of(cls, gone: pl.DataFrame, come: pl.DataFrame, place_days: pl.DataFrame) -> "HourChange":
        """Sum up hours that serve and changed; `station_id` is the place's.

        Args:
            gone: rows of `HOURS` as they were.
            come: rows of `HOURS` as they are.
            place_days: what was touched: `station_id, day`.
        """
        months = place_days.select("station_id", month=pl.col("day").dt.truncate("1mo")).unique()
        numbered = number_months(months)
        return cls(numbered, *(sums_of(numbered_hours(one, numbered)) for one in (gone, come)))


COURSE: Final = HourSums("day_course", COURSE_CELLS, low=0, width=24)
HISTOGRAM: Final = HourSums("temperature_histogram", HISTOGRAM_CELLS, low=-(2**15), width=2**16)


def number_months(months: pl.DataFrame) -> pl.DataFrame:
    """`MONTH_KEY` under every rule, in its order, and `number`.

    Args:
        months: `station_id, month`.
    """
    rules = pl.DataFrame({"rule": RULE_NAMES})
    keys = months.join(rules, how="cross").select(MONTH_KEY).sort(MONTH_KEY)
    return keys.with_row_index(NUMBER).cast({NUMBER: pl.Int64})


def pack_days(days: pl.DataFrame) -> pl.DataFrame:
    """`number, days` from rows of `DAYS` with their months' `number`."""
    columns = days.select(
        NUMBER,
        pl.col("day").dt.day().alias(DAY_CELLS[0]),
        *(pl.col(name).fill_null(0) for name in DAY_CELLS[1:]),
    )
    return packed.pack(columns.sort(NUMBER, DAY_CELLS[0]), NUMBER, DAY_CELLS, "days")


def numbered_hours(hours: pl.DataFrame, numbered: pl.DataFrame) -> pl.DataFrame:
    """The hours with their months' numbers.

    Args:
        hours: rows of `HOURS` (naive UTC); best sorted by station, rule and time.
        numbered: as of `number_months`, of all their months.
    """
    month = pl.col("hour_start").dt.truncate("1mo").cast(pl.Date).alias("month")
    named = hours.with_columns(month)
    begins = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in MONTH_KEY)
    runs = named.filter(begins).select(MONTH_KEY)
    numbers = runs.join(numbered, on=MONTH_KEY, how="left", maintain_order="left")[NUMBER]
    run = named.select(begins.cast(pl.Int64).cum_sum() - 1).to_series()
    return hours.with_columns(numbers.gather(run).alias(NUMBER))


def sums_of(numbered: pl.DataFrame) -> dict[HourSums, pl.DataFrame]:
    """Of both tables the sums over `numbered_hours`."""
    return {COURSE: course_of(numbered), HISTOGRAM: histogram_of(numbered)}


def course_of(hours: pl.DataFrame) -> pl.DataFrame:
    """Sums by hour of the day, of `numbered_hours`: the `key` of `COURSE`, and its sums."""
    hour = pl.col("hour_start").dt.hour().cast(pl.Int64).alias(COURSE.cells[0])
    return COURSE.sum_up(hours.select(NUMBER, hour, *COURSE.sums).with_columns(COURSE.key()))


def histogram_of(hours: pl.DataFrame) -> pl.DataFrame:
    """How often each temperature occurred, of `numbered_hours`: the `key` of `HISTOGRAM`, and `count`.

    An hour's values are told by its statistics, or by the histogram of its own.
    """
    count, low, high = (
        pl.col(name).cast(pl.Int64) for name in ("observation_count", "min_tenths", "max_tenths")
    )
    told = (count <= TOLD_COUNT) | pl.col(HISTOGRAM.name).is_null()
    third = pl.col("sum_tenths").cast(pl.Int64) - low - high
    plain = [
        hours.filter(told & (count >= least)).select(NUMBER, value=value, count=pl.lit(1, pl.Int64))
        for least, value in ((1, low), (2, high), (TOLD_COUNT, third))
    ]
    full = hours.filter(~told).select(NUMBER, HISTOGRAM.name)
    own = packed.unpack(full, HISTOGRAM.name, HISTOGRAM.cells)
    return HISTOGRAM.sum_up(pl.concat([*plain, own]).select(HISTOGRAM.key(), *HISTOGRAM.sums))


def difference(
    table: HourSums, stored: pl.DataFrame, old: pl.DataFrame, new: pl.DataFrame
) -> pl.DataFrame:
    """What is stored, less what was, plus what is; rows of no observations are left out."""
    parts = [one for one in (stored, _negative(old, table.sums), new) if one.height]
    if not parts:
        return new
    total = parts[0] if len(parts) == 1 else table.sum_up(pl.concat(parts))
    return total.filter(pl.col(table.sums[0]) != 0)


def _negative(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    return rows.with_columns(-pl.col(name) for name in columns)
