"""Parquet files of GHCNh that are damaged, or hold other kinds of values than NOAA's."""

import io
import random

import polars as pl
import pytest
from polars._typing import TimeUnit

from ghcnh_rows import line, parquet_file, parse, psv_file, row
from isotherm.errors import SourceError


# Of 18 000 damages some of those that Polars panicked at or, trusting a length, ended the process for.
@pytest.mark.parametrize("seed", [12862, 13170, 16401, 16780, 17631, 10797, 4359])
def test_a_damaged_parquet_file_is_told_and_ends_no_process(seed: int) -> None:
    dates = [f"2026-02-{1 + hour // 24:02d}T{hour % 24:02d}:51:00" for hour in range(480)]
    frame = pl.read_parquet(io.BytesIO(parquet_file(*(row(DATE=date) for date in dates))))
    out = io.BytesIO()
    frame.write_parquet(out, row_group_size=100)
    content = bytearray(out.getvalue())
    dice = random.Random(seed)  # noqa: S311
    place = dice.randrange(4, len(content) - 108)
    match seed % 3:
        case 0:
            content[place] = dice.randrange(256)
        case 1:
            content[place : place + 100] = dice.randbytes(100)
        case _:
            del content[place : place + 100]
    with pytest.raises(SourceError, match=r"cannot be read .* Download it again"):
        parse(bytes(content))


@pytest.mark.parametrize("column", ["temperature", "DATE", "temperature_Source_Code"])
def test_a_parquet_column_of_lists_is_no_column_of_ours(column: str) -> None:
    frame = pl.read_parquet(io.BytesIO(parquet_file(row())))
    out = io.BytesIO()
    frame.with_columns(pl.concat_list(column).alias(column)).write_parquet(out)
    with pytest.raises(SourceError, match=f"column {column} holds large_list"):
        parse(out.getvalue())


def test_texts_may_be_bytes_if_they_are_text() -> None:
    frame = pl.read_parquet(io.BytesIO(parquet_file(row()))).cast(pl.String)
    out = io.BytesIO()
    frame.cast(pl.Binary).write_parquet(out)
    assert parse(out.getvalue()).observations.equals(parse(psv_file(line())).observations)
    out = io.BytesIO()
    frame.with_columns(pl.lit("?").alias("DATE"), picture=pl.lit(b"\xff\xfe")).write_parquet(out)
    assert parse(out.getvalue()).rejected.height == 1
    out = io.BytesIO()
    frame.with_columns(temperature=pl.lit(b"\xff\xfe")).write_parquet(out)
    with pytest.raises(SourceError, match="cannot be read"):
        parse(out.getvalue())


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_a_timestamp_beyond_all_years_is_set_aside(unit: TimeUnit) -> None:
    frame = pl.read_parquet(io.BytesIO(parquet_file(row(), row(), row())))
    farthest = pl.Series([-(2**63) + 1, 2**63 - 1, None]).cast(pl.Datetime(unit))
    out = io.BytesIO()
    frame.with_columns(farthest.alias("DATE")).write_parquet(out)
    read = parse(out.getvalue())
    assert read.rejected.height + read.observations.height == 3
