"""The ledger: does every observation that was fed stand in exactly one column?

Per rule and by distinct observation key:
fed = counted in hours + not selected + rejected + superseded + late + dead-lettered.
It is an audit, so it counts the keys itself, from the Parquet on HDFS (batch) or the raw topic (speed),
and holds them hour by hour against what stands in MySQL: a loss in one hour cannot be made up by a
double in another. Deliveries (re-sends, older revisions) are a line of their own. A dead letter that
was repaired and replayed is one no more: what took its place stands among the others, and `repaired`
says how many of these there are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Final

import polars as pl
import sqlalchemy as sa

from isotherm.quality import NOT_SELECTED, REJECTED, RULE_NAMES, Reason
from isotherm.statistics.catalogue import REASON_COUNTS
from isotherm.stores.tables import LEDGER_COUNTS, ledger
from isotherm.utc import to_naive

HOUR_KEY: Final = ("station_id", "dataset", "hour_start")
NAIVE_UTC: Final = pl.Datetime("us")
_LABEL_LENGTH: Final = 120
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
    repaired: int = 0

    @property
    def is_balanced(self) -> bool:
        """Whether something was compared, nothing was lost and nothing doubled."""
        return balance_of(fed=self.fed, lost=self.lost, doubled=self.doubled) is True


@dataclass(frozen=True, slots=True)
class Scope:
    """What an account covers.

    Attributes:
        datasets: by name.
        first_day: UTC day of the first observation; None where there is none.
        last_day: UTC day of the last one.
        station_year_count: stations, each once for every year of it.
        feed_ids: of the speed layer, what was streamed.
    """

    datasets: tuple[str, ...] = ()
    first_day: date | None = None
    last_day: date | None = None
    station_year_count: int = 0
    feed_ids: tuple[str, ...] = ()

    def describe(self) -> str:
        """In words, as `12 station-years of global-hourly, 1901-01-01 to 2024-12-31`."""
        if self.first_day is None:
            return "no observations"
        noun = "station-year" if self.station_year_count == 1 else "station-years"
        days = str(self.first_day)
        if self.last_day != self.first_day:
            days += f" to {self.last_day}"
        return f"{self.station_year_count} {noun} of {', '.join(self.datasets)}, {days}"


def describe_lines(lines: Sequence[LedgerLine], scope: Scope, settled_at: datetime) -> str:
    """The check in a sentence: what it came to, over what, as of when."""
    wrong = [line for line in lines if line.lost or line.doubled]
    verdict = "balanced" if any(line.is_balanced for line in lines) else "nothing compared"
    if wrong:
        verdict = "does not balance"
    return f"Ledger settled at {settled_at:%Y-%m-%d %H:%M} UTC: {verdict}, {scope.describe()}."


def balance_of(*, fed: int, lost: int, doubled: int) -> bool | None:
    """Whether an account balances; None where nothing was there to be compared."""
    if not fed and not doubled:
        return None
    return not lost and not doubled


def count_keys_by_hour(observations: pl.DataFrame) -> pl.DataFrame:
    """Distinct keys and deliveries behind each station-hour.

    Args:
        observations: at least the key columns and `dataset`; `observed_at` in UTC.

    Returns:
        station_id, dataset, hour_start (UTC, naive), keys, deliveries.
    """
    key = [pl.col("report_type").fill_null(""), pl.col("source").fill_null(""), "observed_at"]
    hour = pl.col("observed_at").dt.truncate("1h").dt.replace_time_zone(None).cast(NAIVE_UTC)
    return (
        observations.with_columns(hour_start=hour)
        .group_by(HOUR_KEY)
        .agg(
            keys=pl.struct(key).n_unique().cast(pl.Int64),
            deliveries=pl.len().cast(pl.Int64),
        )
    )


def account(expected: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Hold what was fed against what stands in the tables, hour by hour, and add up by station.

    Args:
        expected: as `count_keys_by_hour` returns.
        found: one row per station-hour and rule, counted or empty: HOUR_KEY, rule,
            observation_count, the reason counts, and received (null in the batch layer).

    Returns:
        station_id, rule, and the ledger's counts; `fed` without dead letters, `dead_lettered` 0. Every
        station of either side under every rule.
    """
    parts = [
        _compare(expected, found.filter(pl.col("rule") == rule)).with_columns(rule=pl.lit(rule))
        for rule in RULE_NAMES
    ]
    return pl.concat(parts).select("station_id", "rule", *LEDGER_COUNTS)


def _compare(expected: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
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
    return hours.group_by("station_id").agg(
        fed=pl.col("keys").sum(),
        counted=pl.col("observation_count").sum(),
        not_selected=pl.sum_horizontal(*_NOT_SELECTED).sum(),
        rejected=pl.sum_horizontal(*_REJECTED).sum(),
        superseded=pl.col(_SUPERSEDED).sum(),
        late=pl.col("late").sum(),
        dead_lettered=pl.lit(0, pl.Int64).first(),
        deliveries=pl.col("deliveries").sum(),
        lost=pl.col("missing").clip(0).sum() - pl.col("late").sum(),
        doubled=(-pl.col("missing")).clip(0).sum(),
        repaired=pl.lit(0, pl.Int64).first(),
    )


def lines_of(layer: str, accounts: pl.DataFrame) -> list[LedgerLine]:
    """One line per rule, over all stations of `accounts`."""
    totals = accounts.group_by("rule").agg(pl.col(*LEDGER_COUNTS).sum())
    by_rule = {row["rule"]: row for row in totals.iter_rows(named=True)}
    nothing = dict.fromkeys(LEDGER_COUNTS, 0)
    return [
        LedgerLine(
            layer=layer,
            rule=rule,
            **{name: int(by_rule.get(rule, nothing)[name] or 0) for name in LEDGER_COUNTS},
        )
        for rule in RULE_NAMES
    ]


def with_dead_letters(lines: Iterable[LedgerLine], count: int, repaired: int = 0) -> list[LedgerLine]:
    """The lines with observations that never got a key or were refused before the layer.

    Args:
        lines: one per rule.
        count: dead letters that no other message took the place of.
        repaired: those that one took the place of, which is fed and counted like every other.
    """
    return [
        replace(
            line,
            fed=line.fed + count,
            dead_lettered=line.dead_lettered + count,
            repaired=line.repaired + repaired,
        )
        for line in lines
    ]


def record(
    connection: sa.Connection,
    run_label: str,
    lines: Sequence[LedgerLine],
    scope: Scope,
    settled_at: datetime,
) -> None:
    """Keep the lines, so that the API and the dashboard show them.

    Args:
        connection: of the transaction they belong to.
        run_label: which run asked.
        lines: one per rule.
        scope: what they cover.
        settled_at: when the check began: what was written later is not in it.
    """
    covered = asdict(scope) | {
        "datasets": ",".join(scope.datasets),
        "feed_ids": ",".join(scope.feed_ids) or None,
    }
    checked_at = to_naive(settled_at).replace(microsecond=0)
    rows = [
        {"run_label": run_label[:_LABEL_LENGTH], "checked_at": checked_at, **asdict(line), **covered}
        for line in lines
    ]
    if rows:
        connection.execute(ledger.insert(), rows)
