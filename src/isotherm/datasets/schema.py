"""The canonical observation as Polars and Arrow schemas, both derived from `observation.FIELDS`."""

from typing import Final

import polars as pl
import pyarrow as pa

from isotherm.observation import FIELDS, FieldType

_POLARS_TYPES: Final[dict[FieldType, pl.DataType]] = {
    "text": pl.String(),
    "timestamp": pl.Datetime("us", "UTC"),
    "int": pl.Int32(),
    "bigint": pl.Int64(),
}
_ARROW_TYPES: Final[dict[FieldType, pa.DataType]] = {
    "text": pa.string(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "int": pa.int32(),
    "bigint": pa.int64(),
}

POLARS_SCHEMA: Final = pl.Schema({field.name: _POLARS_TYPES[field.type] for field in FIELDS})
ARROW_SCHEMA: Final = pa.schema(
    [pa.field(field.name, _ARROW_TYPES[field.type], nullable=field.nullable) for field in FIELDS]
)

# What a file's coverage is made of.
KEY_SCHEMA: Final = pl.Schema({name: POLARS_SCHEMA[name] for name in ("station_id", "observed_at")})

# Rows that have no key (time or station unreadable); never lost, see `global_hourly`.
REJECTED_SCHEMA: Final = pl.Schema(
    {
        "source_file": pl.String(),
        "source_line": pl.Int32(),
        "reason": pl.String(),
        "payload": pl.String(),
    }
)


def to_arrow(observations: pl.DataFrame) -> pa.Table:
    """Observations as an Arrow table of exactly `ARROW_SCHEMA`.

    Polars hands text over as `large_string` or `string_view`; Spark's Arrow reader takes `string`.
    """
    return observations.select(POLARS_SCHEMA.names()).to_arrow().cast(ARROW_SCHEMA)
