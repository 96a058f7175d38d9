"""The ledger: does every observation that was fed stand in exactly one column?

Per rule and by distinct observation key:
fed = counted in hours + not selected + rejected + superseded + late + dead-lettered.
It is an audit, so it counts the keys itself, from the normalised Parquet (batch) or the raw topic
(speed), and holds them hour by hour against what stands in MySQL: a loss in one hour cannot be made
up by a double in another. Deliveries (re-sends, older revisions) are a line of their own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl
from sqlalchemy import Engine, select

from isotherm.hourly_summary import REASON_COUNTS
from isotherm.quality import NOT_SELECTED, REJECTED, RULE_NAMES, Reason
from isotherm.stores import tables

HOUR_KEY: Final = ("station_id", "dataset", "hour_start")
_UTC_HOUR: Final = pl.Datetime("us")
_SUPERSEDED: Final = f"{Reason.SUPERSEDED}_count"
_NOT_SELECTED: Final = tuple(f"{one}_count" for one in NOT_SELECTED if one != Reason.SUPERSEDED)
_REJECTED: Final = tuple(f"{one}_count" for one in REJECTED)


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One rule's account of one layer, in distinct observation keys."""

    layer: str
    rule: str
    fed: int
    counted: int
    not_selected: int
    rejected: int
    superseded: int
    late: int
    dead_lettered: int
    deliveries: int
    lost: int
    doubled: int

    @property
    def is_balanced(self) -> bool:
        """Whether nothing was lost and nothing doubled."""
        return self.lost == 0 and self.doubled == 0


def count_keys_by_hour(observations: pl.DataFrame) -> pl.DataFrame:
    """Distinct keys and deliveries behind each station-hour.

    Args:
        observations: at least the key columns and `dataset`; `observed_at` in UTC.

    Returns:
        station_id, dataset, hour_start (UTC, naive), keys, deliveries.
    """
    key = [pl.col("report_type").fill_null(""), pl.col("source").fill_null(""), "observed_at"]
    return (
        observations.with_columns(
            hour_start=pl.col("observed_at")
            .dt.truncate("1h")
            .dt.replace_time_zone(None)
            .cast(_UTC_HOUR)
        )
        .group_by(HOUR_KEY)
        .agg(
            keys=pl.struct(key).n_unique().cast(pl.Int64),
            deliveries=pl.len().cast(pl.Int64),
        )
    )


def balance(
    layer: str, expected: pl.DataFrame, found: pl.DataFrame, *, dead_lettered: int
) -> list[LedgerLine]:
    """Hold what was fed against what stands in the tables, hour by hour.

    Args:
        layer: batch or speed, for the lines.
        expected: as `count_keys_by_hour` returns.
        found: one row per station-hour and rule, counted or empty: HOUR_KEY, rule,
            observation_count, the reason counts, and received (null in the batch layer).
        dead_lettered: observations that never got a key or were refused before the layer.
    """
    return [
        _balance_rule(layer, rule, expected, found.filter(pl.col("rule") == rule), dead_lettered)
        for rule in RULE_NAMES
    ]


def _balance_rule(
    layer: str, rule: str, expected: pl.DataFrame, found: pl.DataFrame, dead_lettered: int
) -> LedgerLine:
    hours = (
        expected.join(found, on=HOUR_KEY, how="full", coalesce=True)
        .with_columns(
            received=pl.coalesce("received", "deliveries"),
            accounted=pl.sum_horizontal("observation_count", *REASON_COUNTS),
        )
        .with_columns(pl.col("keys", "deliveries", "accounted", "received").fill_null(0))
        .with_columns(missing=pl.col("keys") - pl.col("accounted"))
        .with_columns(
            # Only what the stream says it never received can be late; the rest of a hole is lost.
            late=pl.min_horizontal(
                pl.col("missing").clip(0), (pl.col("deliveries") - pl.col("received")).clip(0)
            )
        )
    )

    def total(*columns: str) -> int:
        return sum(int(hours[column].sum() or 0) for column in columns)

    late = total("late")
    return LedgerLine(
        layer=layer,
        rule=rule,
        fed=total("keys") + dead_lettered,
        counted=total("observation_count"),
        not_selected=total(*_NOT_SELECTED),
        rejected=total(*_REJECTED),
        superseded=total(_SUPERSEDED),
        late=late,
        dead_lettered=dead_lettered,
        deliveries=total("deliveries"),
        lost=int(hours["missing"].clip(0).sum()) - late,
        doubled=int((-hours["missing"]).clip(0).sum()),
    )


def read_hours(
    engine: Engine,
    *,
    layer: str,
    dataset: str,
    spans: Iterable[tuple[str, datetime, datetime]],
) -> pl.DataFrame:
    """What stands in MySQL for these stations and spans, empty hours included.

    Args:
        engine: the database.
        layer: batch or speed.
        dataset: the dataset.
        spans: (station id, first hour, end hour), half-open, UTC.
    """
    rows: list[tuple[object, ...]] = []
    with engine.connect() as connection:
        for station_id, first, end in spans:
            for table in (tables.hourly_summary, tables.empty_hour):
                statement = select(*(table.c[name] for name in _FOUND_SCHEMA)).where(
                    table.c.station_id == station_id,
                    table.c.dataset == dataset,
                    table.c.layer == layer,
                    table.c.hour_start >= first.replace(tzinfo=None),
                    table.c.hour_start < end.replace(tzinfo=None),
                )
                rows += map(tuple, connection.execute(statement))
    return pl.DataFrame(rows, schema=_FOUND_SCHEMA, orient="row")


_FOUND_SCHEMA: Final[dict[str, Any]] = {
    "station_id": pl.String,
    "dataset": pl.String,
    "hour_start": _UTC_HOUR,
    "rule": pl.String,
    "received": pl.Int64,
    **dict.fromkeys(REASON_COUNTS, pl.Int64),
    "observation_count": pl.Int64,
}


def record(engine: Engine, run_label: str, lines: Sequence[LedgerLine]) -> None:
    """Keep the lines, so that the API and the dashboard show them."""
    checked_at = datetime.now(UTC).replace(tzinfo=None)
    rows = [{"run_label": run_label, "checked_at": checked_at, **asdict(line)} for line in lines]
    with engine.begin() as connection:
        connection.execute(tables.ledger.insert(), rows)


def spans_of(expected: pl.DataFrame) -> list[tuple[str, datetime, datetime]]:
    """The station-days that `expected` touches, as spans for `read_hours`."""
    days = (
        expected.select("station_id", day=pl.col("hour_start").dt.truncate("1d"))
        .unique()
        .with_columns(end=pl.col("day").dt.offset_by("1d"))
        .sort("station_id", "day")
    )
    return [(str(one[0]), one[1], one[2]) for one in days.iter_rows()]
