"""GHCNh's Parquet files: whole, of the right columns and kinds of values, or an error."""

from collections.abc import Sequence
from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from isotherm.datasets.ghcnh.columns import USED_COLUMNS, require_columns
from isotherm.errors import SourceError

PARQUET_MAGIC: Final = b"PAR1"
# What a cell may be; a table or list in a cell, or a length of time, is no value of these files.
_TYPES: Final = (
    pa.types.is_null,
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_date,
    pa.types.is_timestamp,
)


def check_parquet(plain: bytes, source_file: str) -> None:
    """Read a Parquet file's used columns, which its beginning and end say nothing of.

    Raises:
        SourceError: it is damaged, cut, or no GHCNh file at all.
    """
    read_parquet(plain, USED_COLUMNS, source_file)


def read_parquet(plain: bytes, columns: Sequence[str] | None, source_file: str) -> pl.DataFrame:
    """These columns as they are typed, all of them for None.

    By Arrow: it says what is wrong with damaged bytes, where Polars may end the whole process.

    Raises:
        SourceError: it is damaged, cut, or no GHCNh file at all.
    """
    try:
        with pq.ParquetFile(pa.BufferReader(plain), page_checksum_verification=True) as file:
            schema = file.schema_arrow
            require_columns(schema.names, source_file)
            _require_types(schema, source_file)
            wanted = [name for name in columns or schema.names if name in schema.names]
            rows = file.read(columns=wanted, use_threads=False)
        rows.validate(full=True)
        return _with_texts(pl.DataFrame(rows))
    # Names that are no text are a ValueError.
    except (pa.ArrowException, pl.exceptions.PolarsError, OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise SourceError(
            f"{source_file}: the Parquet file cannot be read ({reason}). Download it again."
        ) from error


def _with_texts(rows: pl.DataFrame) -> pl.DataFrame:
    """Old writers do not say that bytes are text; where they are none, a column of ours is damaged."""
    return rows.with_columns(
        pl.col(name).cast(pl.String)
        for name, kind in rows.schema.items()
        if kind == pl.Binary and name in USED_COLUMNS
    )


def with_readable_times(rows: pl.DataFrame) -> pl.DataFrame:
    """Times as Arrow writes them, whatever their year: Python has none beyond 9999."""
    of_time = [name for name, kind in rows.schema.items() if kind in (pl.Date, pl.Datetime)]
    return rows.with_columns(
        pl.Series(name, _without_zone(rows[name]).to_arrow().cast(pa.large_string()))
        for name in of_time
    )


def _without_zone(times: pl.Series) -> pl.Series:
    if not isinstance(kind := times.dtype, pl.Datetime):
        return times
    return times.to_physical().cast(pl.Datetime(kind.time_unit))


def _require_types(schema: pa.Schema, source_file: str) -> None:
    for name in USED_COLUMNS:
        for place in schema.get_all_field_indices(name):
            kind = schema.field(place).type
            of_values = kind.value_type if pa.types.is_dictionary(kind) else kind
            if not any(is_type(of_values) for is_type in _TYPES):
                raise SourceError(
                    f"{source_file}: column {name} holds {kind}, no single values. It is not a GHCNh "
                    "file, or NOAA has changed the format: check the archive."
                )
