"""Days from hours, months from days, years from months: the merge rule, rendered as SQL.

Every statement covers some stations and one range of periods, and leaves unchanged rows unchanged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import sqlalchemy as sa

from isotherm.hourly_summary import MERGE, REASON_COUNTS, merge_sql
from isotherm.quality import DEFAULT_RULE, RULE_NAMES
from isotherm.stores.global_summary import assign_if_changed

_HOUR_COLUMNS: Final = ", ".join(("station_id", "hour_start", "rule", *MERGE))
_EMPTY_COLUMNS: Final = ", ".join(
    ("station_id", "hour_start", "rule", "0", "NULL", "NULL", "0", *REASON_COUNTS)
)
_SCOPE: Final = (
    "station_id IN :station_ids AND rule IN :rules AND dataset = :dataset AND layer = :layer "
    "AND {period} >= :first AND {period} < :end"
)
# An hour without a counting observation still brings its reasons to the day.
_HOURS: Final = (
    f"(SELECT {_HOUR_COLUMNS}, 1 AS hour_count FROM hourly_summary WHERE {{scope}} "  # noqa: S608
    f"UNION ALL SELECT {_EMPTY_COLUMNS}, 0 FROM empty_hour WHERE {{scope}})"
)


@dataclass(frozen=True, slots=True)
class RollUp:
    """How the rows of one table merge into those of a longer period."""

    target: str
    period: str
    source: str
    source_period: str
    period_sql: str


DAILY: Final = RollUp("daily_summary", "day", "hourly_summary", "hour_start", "DATE(hour_start)")
MONTHLY: Final = RollUp(
    "monthly_summary",
    "month",
    "daily_summary",
    "day",
    "DATE_SUB(day, INTERVAL DAYOFMONTH(day) - 1 DAY)",
)
YEARLY: Final = RollUp("yearly_summary", "year", "monthly_summary", "month", "YEAR(month)")


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows a roll-up covers: stations of one dataset and layer, in whole days [first, end)."""

    station_ids: Sequence[str]
    dataset: str
    layer: str
    first: date
    end: date

    @classmethod
    def of_hours(
        cls, station_ids: Sequence[str], dataset: str, layer: str, hours: Sequence[datetime]
    ) -> "Scope":
        """The days these hours lie in."""
        return cls(
            station_ids, dataset, layer, min(hours).date(), max(hours).date() + timedelta(days=1)
        )

    def whole_months(self) -> "Scope":
        """Widened to the months it touches."""
        return Scope(
            self.station_ids,
            self.dataset,
            self.layer,
            self.first.replace(day=1),
            next_month(self.end - timedelta(days=1)),
        )

    def whole_years(self) -> "Scope":
        """Widened to the years it touches."""
        last = self.end - timedelta(days=1)
        return Scope(
            self.station_ids,
            self.dataset,
            self.layer,
            date(self.first.year, 1, 1),
            date(last.year + 1, 1, 1),
        )


def next_month(day: date) -> date:
    """First day of the month after this day's."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def refresh_station_periods(
    connection: sa.Connection, scope: Scope, *, rows_were_deleted: bool = False
) -> None:
    """Recompute the days, months and years of some stations from their hours.

    With `rows_were_deleted` the old rows go first: a period may have no hour left.
    """
    for rollup, part in (
        (DAILY, scope),
        (MONTHLY, scope.whole_months()),
        (YEARLY, scope.whole_years()),
    ):
        if rows_were_deleted:
            _delete(connection, rollup, part)
        connection.execute(_expanding(_upsert_sql(rollup)), _parameters(part, part.first, part.end))
    _refresh_hour_counts(connection, scope)


def _delete(connection: sa.Connection, rollup: RollUp, scope: Scope) -> None:
    by_year = rollup is YEARLY
    connection.execute(
        _expanding(f"DELETE FROM {rollup.target} WHERE {_SCOPE.format(period=rollup.period)}"),  # noqa: S608
        _parameters(
            scope,
            scope.first.year if by_year else scope.first,
            scope.end.year if by_year else scope.end,
        ),
    )


def _upsert_sql(rollup: RollUp) -> str:
    scope = _SCOPE.format(period=rollup.source_period)
    source = (
        _HOURS.format(scope=scope)
        if rollup is DAILY
        else f"(SELECT * FROM {rollup.source} WHERE {scope})"  # noqa: S608 - names from this module
    )
    values = {"hour_count": "SUM(hour_count)", **merge_sql()}
    return (
        f"INSERT INTO {rollup.target} "  # noqa: S608 - names from this module
        f"(station_id, {rollup.period}, dataset, layer, rule, {', '.join(values)}, updated_at) "
        f"SELECT station_id, {rollup.period_sql} AS whole, :dataset, :layer, rule, "
        f"{', '.join(values.values())}, UTC_TIMESTAMP(6) FROM {source} AS part "
        "GROUP BY station_id, rule, whole HAVING SUM(observation_count) > 0 "
        f"ON DUPLICATE KEY UPDATE {assign_if_changed(rollup.target, values)}"
    )


def _refresh_hour_counts(connection: sa.Connection, scope: Scope) -> None:
    """Keep the number behind a station's completeness, so that no request has to count."""
    connection.execute(
        sa.text(
            "UPDATE station SET hour_count = (SELECT COALESCE(SUM(y.hour_count), 0) "
            "FROM yearly_summary AS y WHERE y.station_id = station.station_id "
            "AND y.rule = :rule AND y.dataset = :dataset AND y.layer = :layer) "
            "WHERE station_id IN :station_ids"
        ).bindparams(sa.bindparam("station_ids", expanding=True)),
        {
            "rule": DEFAULT_RULE,
            "dataset": scope.dataset,
            "layer": scope.layer,
            "station_ids": list(scope.station_ids),
        },
    )


def _expanding(sql: str) -> sa.TextClause:
    return sa.text(sql).bindparams(
        sa.bindparam("station_ids", expanding=True), sa.bindparam("rules", expanding=True)
    )


def _parameters(scope: Scope, first: date | int, end: date | int) -> dict[str, object]:
    return {
        "station_ids": list(scope.station_ids),
        "rules": list(RULE_NAMES),
        "dataset": scope.dataset,
        "layer": scope.layer,
        "first": first,
        "end": end,
    }
