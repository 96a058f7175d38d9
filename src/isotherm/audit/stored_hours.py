"""What stands in MySQL for some stations and a span of hours, empty hours included."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl
import sqlalchemy as sa

from isotherm.audit.ledger import NAIVE_UTC
from isotherm.quality import RULE_NAMES
from isotherm.statistics.catalogue import OBSERVATION_COUNT, REASON_COUNTS
from isotherm.stores import tables
from isotherm.utc import to_naive

_NUMBERS: Final = (OBSERVATION_COUNT.name, *REASON_COUNTS, "received")
_SCHEMA: Final = pl.Schema(
    {
        "station_id": pl.String(),
        "dataset": pl.String(),
        "hour_start": NAIVE_UTC,
        "rule": pl.String(),
        **dict.fromkeys(_NUMBERS, pl.Int64()),
    }
)
_SEPARATOR: Final = ","
_ROWS_AT_ONCE: Final = 5_000


def read_hours(
    connection: sa.Connection,
    *,
    layer: str,
    dataset: str,
    station_ids: Sequence[str],
    first: datetime,
    end: datetime,
) -> pl.DataFrame:
    """The rows of [first, end), one per station-hour and rule: HOUR_KEY, rule, counts, received.

    They arrive as one text a row, some thousand at a time, and only Polars holds them.
    """
    parts = [pl.DataFrame(schema=_SCHEMA)]
    for table in (tables.hourly_summary, tables.empty_hour):
        texts = [sa.func.coalesce(table.c[name], "") for name in _SCHEMA]
        statement = sa.select(sa.func.concat_ws(_SEPARATOR, *texts)).where(
            table.c.station_id.in_(station_ids),
            table.c.rule.in_(RULE_NAMES),
            table.c.hour_start >= to_naive(first),
            table.c.hour_start < to_naive(end),
            table.c.dataset == dataset,
            table.c.layer == layer,
        )
        streaming = connection.execution_options(stream_results=True, max_row_buffer=_ROWS_AT_ONCE)
        result = streaming.execute(statement).scalars()
        parts += [_unpack(part) for part in result.partitions(_ROWS_AT_ONCE)]
    return pl.concat(parts)


def _unpack(texts: Sequence[str]) -> pl.DataFrame:
    fields = pl.Series("row", texts).str.split_exact(_SEPARATOR, len(_SCHEMA) - 1).struct.unnest()
    fields.columns = _SCHEMA.names()
    return fields.with_columns(
        pl.col("hour_start").str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us"),
        *(pl.col(name).cast(pl.Int64, strict=False) for name in _NUMBERS),
    )
