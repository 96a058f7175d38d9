"""What a chain has left in MySQL, in the form of the plain computation."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine

from faults.fed_rows import GlobalRows, Summaries
from isotherm.hourly_summary import LAYER_SPEED
from isotherm.messages import OBSERVATION_TOPIC
from isotherm.statistics.catalogue import REASON_COUNTS, STATISTICS
from isotherm.statistics.statistic import COUNT
from isotherm.stores import tables

_COUNTS = {one.name for one in STATISTICS if one.unit == COUNT}
_KEY = ("station_id", "hour_start", "dataset", "rule")


class ChainTables:
    """One database's rows of the speed layer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def accounted(self, prefix: str, before: datetime | None = None) -> int:
        """Distinct observations behind the rows of stations that begin so, up to an hour.

        Raises:
            DBAPIError: MySQL is away.
        """
        reasons = " + ".join(("observation_count", *REASON_COUNTS))
        where = "layer = :layer AND rule = 'unfiltered' AND station_id LIKE :stations"
        if before is not None:
            where += " AND hour_start < :before"
        parts = [
            f"SELECT COALESCE(SUM({reasons}), 0) AS n FROM {table.name} WHERE {where}"
            for table in (tables.hourly_summary, tables.empty_hour)
        ]
        values = {"layer": LAYER_SPEED, "stations": f"{prefix}%", "before": _naive(before)}
        statement = sa.text(f"SELECT SUM(n) FROM ({' UNION ALL '.join(parts)}) AS both_tables")
        with self._engine.connect() as connection:
            return int(connection.execute(statement, values).scalar_one())

    def summaries(self, before: datetime) -> Summaries:
        """Every row of every station up to an hour; a key that is in both tables counts twice."""
        found: Summaries = {}
        for table in (tables.hourly_summary, tables.empty_hour):
            names = [one.name for one in STATISTICS if one.name in table.c]
            columns = [table.c[name] for name in (*_KEY, *names)]
            where = (table.c.layer == LAYER_SPEED, table.c.hour_start < _naive(before))
            with self._engine.connect() as connection:
                for row in connection.execute(sa.select(*columns).where(*where)):
                    station_id, hour_start, dataset, rule, *values = row
                    key = (station_id, hour_start.replace(tzinfo=UTC), dataset, rule)
                    assert key not in found, f"{key} is in both tables"
                    found[key] = _told(names, values)
        return found

    def global_rows(self, before: datetime) -> GlobalRows:
        """The rows over all stations up to an hour."""
        table = tables.global_hourly_summary
        names = ("station_count", "observation_count", "min_tenths", "max_tenths", "mean_sum_e4")
        statement = sa.select(
            table.c.hour_start, table.c.rule, *(table.c[name] for name in names)
        ).where(table.c.layer == LAYER_SPEED, table.c.hour_start < _naive(before))
        with self._engine.connect() as connection:
            rows = connection.execute(statement).all()
        return {
            (hour.replace(tzinfo=UTC), rule): tuple(map(int, values))  # type: ignore[misc]
            for hour, rule, *values in rows
        }

    def letters(self) -> Counter[tuple[int, int]]:
        """How often each message of the raw topic is counted as a dead letter, by its place there."""
        table = tables.dead_letter
        place = (table.c.message_partition, table.c.message_offset)
        statement = sa.select(*place).where(
            table.c.topic == OBSERVATION_TOPIC, table.c.message_offset.is_not(None)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(statement).all()
        return Counter((int(partition), int(offset)) for partition, offset in rows)


def _told(names: list[str], values: list[Any]) -> dict[str, object]:
    """A row as the oracle tells it: without counts of nothing and what was not measured."""
    return {
        name: value
        for name, value in zip(names, values, strict=True)
        if (value != 0 if name in _COUNTS else value is not None)
    }


def _naive(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)
