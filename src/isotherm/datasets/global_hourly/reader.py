"""One global-hourly CSV file (a station-year) as canonical observations, vectorised in Polars.

Columns are taken by name: a file has 24 to 84 of them and only the first 16 are always the same.
Nothing is selected here. A temperature that cannot be read stays as a row with `malformed` saying why;
a row whose time or station cannot be read has no key and goes to `rejected` with its raw text.

Source: NOAA, Federal Climate Complex Data Documentation for Integrated Surface Data, 2018-01-12.
"""

from datetime import UTC, datetime
from typing import Final

import polars as pl

from isotherm.datasets.dataset import ParsedFile
from isotherm.datasets.global_hourly.csv_records import (
    LINE,
    decompress,
    raw_records,
    read_columns,
    read_header,
)
from isotherm.datasets.global_hourly.quality import QUALITY
from isotherm.datasets.schema import POLARS_SCHEMA, REJECTED_SCHEMA
from isotherm.observation import GLOBAL_HOURLY, revision_of
from isotherm.station import STATION_ID_PATTERN

# Missing values by element, as published; compared as numbers, so that the sign does not matter.
MISSING_TEMPERATURE: Final = 9999
MISSING_PRESSURE: Final = 99999
MISSING_WIND_DIRECTION: Final = 999
MISSING_WIND_SPEED: Final = 9999

# MySQL's DATETIME and the archives themselves (GHCNh begins in 1790) both begin after this.
EARLIEST_YEAR: Final = 1700

_TMP: Final = r"^\s*([+-]?\d{1,5})\s*,\s*([0-9A-Za-z])\s*$"
_DATE: Final = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$"
_LONGEST_CODE: Final = 32  # characters kept of a report type or source; real ones have 5
_SHOWN_TEXT: Final = 60  # characters of an unreadable value quoted in a reason

_UNREADABLE_STATION: Final = "STATION is not 11 digits and capital letters"
_UNREADABLE_DATE: Final = "DATE is not YYYY-MM-DDTHH:MM:SS"
_REPEATED_HEADER: Final = "the header line again"


def parse_observations(content: bytes, *, published_at: datetime, source_file: str) -> ParsedFile:
    """Read a global-hourly file, plain or gzipped.

    Dew point, pressure and wind are null when missing, unreadable, or called suspect or erroneous by
    NOAA: they have no quality column of their own.

    Args:
        content: the file as downloaded.
        published_at: its Last-Modified, else its download time; with a zone.
        source_file: its name, for provenance and messages.

    Raises:
        SourceError: it is no global-hourly file at all (empty, web page, columns missing, cut gzip).
    """
    plain = decompress(content, source_file)
    table = read_columns(plain, read_header(plain, source_file))
    table = table.with_columns(_station(), _observed_at()).with_columns(_key_problem())
    return ParsedFile(
        _observations(table.filter(pl.col("problem").is_null()), published_at, source_file),
        _rejected(table.filter(pl.col("problem").is_not_null()), plain, source_file),
    )


def _station() -> pl.Expr:
    return pl.col("STATION").str.strip_chars().alias("station_id")


def _observed_at() -> pl.Expr:
    date = pl.col("DATE").str.strip_chars().str.strip_suffix("Z")
    moment = (
        pl.when(date.str.contains(_DATE))
        .then(date)
        .str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False, time_unit="us", time_zone="UTC")
    )
    return pl.when(moment.dt.year() >= EARLIEST_YEAR).then(moment).alias("observed_at")


def _key_problem() -> pl.Expr:
    """Why a row has no key, or null."""
    station_is_good = pl.col("station_id").str.contains(STATION_ID_PATTERN).fill_null(value=False)
    return (
        pl.when((pl.col("station_id") == "STATION") & (pl.col("DATE") == "DATE"))
        .then(pl.lit(_REPEATED_HEADER))
        .when(~station_is_good)
        .then(pl.lit(_UNREADABLE_STATION))
        .when(pl.col("observed_at").is_null())
        .then(pl.lit(_UNREADABLE_DATE))
        .otherwise(pl.lit(None, pl.String))
        .alias("problem")
    )


def _observations(table: pl.DataFrame, published_at: datetime, source_file: str) -> pl.DataFrame:
    published_at = published_at.astimezone(UTC).replace(microsecond=0)
    first_revision = revision_of(int(published_at.timestamp()), 0)
    return table.select(
        "station_id",
        "observed_at",
        _number("TMP", 0, MISSING_TEMPERATURE).alias("air_temperature_tenths"),
        pl.col("TMP").str.extract(_TMP, 2).alias("quality_code"),
        _trimmed("REPORT_TYPE").alias("report_type"),
        _trimmed("SOURCE").alias("source"),
        pl.lit(GLOBAL_HOURLY).alias("dataset"),
        _good_number("DEW", 0, MISSING_TEMPERATURE, quality=1).alias("dew_point_tenths"),
        _good_number("SLP", 0, MISSING_PRESSURE, quality=1).alias("sea_level_pressure_tenths_hpa"),
        _good_number("WND", 3, MISSING_WIND_SPEED, quality=4).alias("wind_speed_tenths_ms"),
        _good_number("WND", 0, MISSING_WIND_DIRECTION, quality=1).alias("wind_direction_deg"),
        pl.lit(published_at, pl.Datetime("us", "UTC")).alias("published_at"),
        pl.lit(source_file).alias("source_file"),
        pl.col(LINE),
        # The same as `revision_of`, a column at a time.
        (pl.lit(first_revision, pl.Int64) + pl.col(LINE).cast(pl.Int64)).alias("revision"),
        _malformed().alias("malformed"),
    ).cast(POLARS_SCHEMA)


def _trimmed(column: str) -> pl.Expr:
    """Text without its padding; null where nothing remains."""
    text = _printable(column).str.strip_chars().str.slice(0, _LONGEST_CODE)
    return pl.when(text != "").then(text)


def _printable(column: str) -> pl.Expr:
    """Without control characters: a NUL in a damaged file would be refused by MySQL and in messages."""
    return pl.col(column).str.replace_all(r"[\x00-\x1f\x7f]", " ")


def _number(column: str, part: int, missing: int) -> pl.Expr:
    """The integer at one place of a comma-separated element; null when missing or unreadable.

    TMP is read as a whole: half of it is no temperature.
    """
    if column == "TMP":
        text = pl.col(column).str.extract(_TMP, 1)
    else:
        text = pl.col(column).str.split(",").list.get(part, null_on_oob=True)
        text = text.str.extract(r"^\s*([+-]?\d{1,5})\s*$", 1)
    value = text.str.strip_prefix("+").cast(pl.Int32, strict=False)
    return pl.when(value != missing).then(value)


def _good_number(column: str, part: int, missing: int, *, quality: int) -> pl.Expr:
    code = pl.col(column).str.split(",").list.get(quality, null_on_oob=True).str.strip_chars()
    is_bad = code.is_in(list(QUALITY.bad_codes)).fill_null(value=False)
    return pl.when(~is_bad).then(_number(column, part, missing))


def _malformed() -> pl.Expr:
    """Why TMP could not be read: quoted, so that the row can be judged without its file."""
    shown = _printable("TMP").str.slice(0, _SHOWN_TEXT)
    return (
        pl.when(pl.col("TMP").is_null())
        .then(pl.lit("TMP is blank"))
        .when(~pl.col("TMP").str.contains(_TMP))
        .then(pl.concat_str(pl.lit("TMP is not +dddd,q: '"), shown, pl.lit("'")))
        .otherwise(pl.lit(None, pl.String))
    )


def _rejected(table: pl.DataFrame, plain: bytes, source_file: str) -> pl.DataFrame:
    if table.is_empty():
        return pl.DataFrame(schema=REJECTED_SCHEMA)
    lines = table.get_column(LINE).to_list()
    payload = pl.Series("payload", raw_records(plain, lines), pl.String)
    return table.select(
        pl.lit(source_file).alias("source_file"),
        LINE,
        pl.col("problem").alias("reason"),
        payload,
    ).cast(REJECTED_SCHEMA)
