"""GHCNh files into canonical observations: psv and Parquet, v1.1.0 and v1.0.1, give equal rows.

Each variable of a row has a quality code and a source of its own; the temperature's are the
observation's. The others are null where theirs call them bad.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import polars as pl

from isotherm.datasets.dataset import ParsedFile
from isotherm.datasets.ghcnh import ID_PATTERN, NAME
from isotherm.datasets.ghcnh.columns import (
    AIR_TEMPERATURE,
    BESIDE,
    DATE,
    DATE_PARTS,
    KEY_COLUMNS,
    REPORT_TYPE,
    STATION,
    USED_COLUMNS,
    Variable,
)
from isotherm.datasets.ghcnh.quality import QUALITY
from isotherm.datasets.ghcnh.table import LINE, PROBLEM, decompress, payloads_of, read_table
from isotherm.datasets.schema import KEY_SCHEMA, POLARS_SCHEMA, REJECTED_SCHEMA
from isotherm.observation import revision_of
from isotherm.summarise import is_bad_quality

FILE_NAME: Final = re.compile(r"GHCNh_([0-9A-Za-z_-]{11})_(?:\d{4}|por)(?:\.|$)")

_EARLIEST_YEAR: Final = 1700
_LATEST_YEAR: Final = 9998
_EARLIEST_S: Final = int(datetime(_EARLIEST_YEAR, 1, 1, tzinfo=UTC).timestamp())
_LATEST_S: Final = int(datetime(_LATEST_YEAR + 1, 1, 1, tzinfo=UTC).timestamp()) - 1
_PER_SECOND: Final = {"ms": 10**3, "us": 10**6, "ns": 10**9}
_LONGEST_CODE: Final = 32
_SHOWN_TEXT: Final = 40
_UTC: Final = r"(?:Z|[+-]00:?00)$"
_NO_SECONDS: Final = r"T\d\d:\d\d$"
_CONTROL: Final = r"[\x00-\x1f\x7f]"
# What files write for nothing; -9999 is the mark of the databases behind them.
_NOTHING: Final = ("", "null", "nan", "none", "na", "-9999", "-9999.0")

_UNREADABLE_STATION: Final = "STATION is no id of 11 characters"
_UNREADABLE_DATE: Final = "DATE is not YYYY-MM-DDTHH:MM:SS"
_REPEATED_HEADER: Final = "the header line again"


@dataclass(frozen=True, slots=True)
class _Origin:
    published_at: datetime
    source_file: str


def parse_observations(content: bytes, *, published_at: datetime, source_file: str) -> ParsedFile:
    """Read a GHCNh file, psv or Parquet, plain or gzipped.

    A temperature outside the plausible range is kept as published, for the selection rules to reject.

    Args:
        content: the file as downloaded.
        published_at: its Last-Modified, else its download time; with a zone.
        source_file: its name, which says the station where its rows do not.

    Raises:
        SourceError: it is no GHCNh file at all (empty, web page, columns missing, cut off).
    """
    plain = decompress(content, source_file)
    origin = _Origin(published_at.astimezone(UTC).replace(microsecond=0), source_file)
    rows = _with_keys(read_table(plain, USED_COLUMNS, source_file), source_file)
    is_good = pl.col("reason").is_null()
    rejected = rows.filter(~is_good).select(LINE, "reason")
    payloads = payloads_of(plain, rejected[LINE].to_list(), source_file)
    observations = _observations(rows.filter(is_good), origin)
    return ParsedFile(observations, _rejected(rejected, payloads, source_file))


def read_file_keys(content: bytes, source_file: str) -> pl.DataFrame:
    """Station and time of each observation of a file (`KEY_SCHEMA`), which is all its coverage needs.

    Raises:
        SourceError: it is no GHCNh file at all.
    """
    rows = _with_keys(
        read_table(decompress(content, source_file), KEY_COLUMNS, source_file), source_file
    )
    return rows.filter(pl.col("reason").is_null()).select(KEY_SCHEMA.names()).cast(KEY_SCHEMA)


def _with_keys(rows: pl.DataFrame, source_file: str) -> pl.DataFrame:
    """With `station_id`, `observed_at`, and the `reason` why a row has no key."""
    named = FILE_NAME.search(source_file)
    of_file = pl.lit(named[1] if named else None, pl.String)
    column = next((name for name in STATION if name in rows.columns), "")
    station = _code(column, rows)
    known = rows.with_columns(
        station.fill_null(of_file).alias("station_id"),
        _observed_at(rows).alias("observed_at"),
    )
    reason = (
        pl.when(pl.col("station_id").is_in([*STATION]))
        .then(pl.lit(_REPEATED_HEADER))
        .when(~pl.col("station_id").str.contains(ID_PATTERN).fill_null(value=False))
        .then(pl.lit(_UNREADABLE_STATION))
        .when(pl.col("observed_at").is_null())
        .then(pl.lit(_UNREADABLE_DATE))
    )
    return known.with_columns(reason.alias("reason"))


def _observed_at(rows: pl.DataFrame) -> pl.Expr:
    """UTC, to the second; null where it is no time of the years 1700 to 9998."""
    moment = _from_date(rows) if DATE in rows.columns else _from_parts(rows)
    utc = moment.cast(pl.Datetime("us")).dt.replace_time_zone("UTC").dt.truncate("1s")
    return pl.when(moment.dt.year().is_between(_EARLIEST_YEAR, _LATEST_YEAR)).then(utc)


def _from_date(rows: pl.DataFrame) -> pl.Expr:
    match rows.schema[DATE]:
        case pl.Datetime(time_unit=unit):
            # With a zone or without: what is counted is UTC. Polars ends on a year beyond its own.
            seconds = pl.col(DATE).to_physical() // _PER_SECOND[unit]
            is_year = seconds.is_between(_EARLIEST_S, _LATEST_S)
            return pl.from_epoch(pl.when(is_year).then(seconds), "s")
        case _:
            # NOAA's documents show one form only: seconds, the T and UTC may be said otherwise.
            text = _cell(DATE, rows).str.to_uppercase().str.replace(_UTC, "").str.replace(" ", "T")
            text = text.str.replace(_NO_SECONDS, "${0}:00")
            return text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False, exact=True)


def _from_parts(rows: pl.DataFrame) -> pl.Expr:
    """v1.0.1 has the parts of a time only."""
    parts = [_cell(name, rows).str.zfill(2) for name in DATE_PARTS]
    return pl.concat_str(parts, separator="-").str.to_datetime(
        "%Y-%m-%d-%H-%M", strict=False, exact=True
    )


def _observations(rows: pl.DataFrame, origin: _Origin) -> pl.DataFrame:
    """Of rows that have a key."""
    first_revision = revision_of(int(origin.published_at.timestamp()), 0)
    is_sound = pl.col(PROBLEM).is_null()
    tenths, malformed = _temperature(rows)
    read = {
        "station_id": pl.col("station_id"),
        "observed_at": pl.col("observed_at"),
        "air_temperature_tenths": pl.when(is_sound).then(tenths),
        "quality_code": _quality(AIR_TEMPERATURE, rows),
        # v1.0.1 says "FM15-METAR" and "AUTO_4-USA" for v1.1.0's "FM15" and "AUTO".
        "report_type": _code(REPORT_TYPE, rows).str.split("-").list.first().str.replace("_4$", ""),
        "source": _code(AIR_TEMPERATURE.source_column, rows),
        "dataset": pl.lit(NAME),
        **{one.field: pl.when(is_sound).then(_beside(one, rows)) for one in BESIDE},
        "published_at": pl.lit(origin.published_at, pl.Datetime("us", "UTC")),
        "source_file": pl.lit(origin.source_file),
        "source_line": pl.col(LINE),
        "revision": pl.lit(first_revision, pl.Int64) + pl.col(LINE).cast(pl.Int64),
        "malformed": pl.coalesce(PROBLEM, malformed),
    }
    return rows.select(read[name].cast(dtype).alias(name) for name, dtype in POLARS_SCHEMA.items())


def _temperature(rows: pl.DataFrame) -> tuple[pl.Expr, pl.Expr]:
    """Tenths of a degree, and why what stands there is no temperature."""
    text, tenths = _cell(AIR_TEMPERATURE.column, rows), _scaled(AIR_TEMPERATURE, rows)
    shown = text.str.slice(0, _SHOWN_TEXT)
    malformed = pl.when(text.is_not_null() & tenths.is_null()).then(
        pl.format("temperature is no number of degrees: '{}'", shown)
    )
    return tenths, malformed


def _beside(variable: Variable, rows: pl.DataFrame) -> pl.Expr:
    """Another variable: null when missing, outside its limits, suspect or erroneous by its own code."""
    if variable.column not in rows.columns:
        return pl.lit(None, pl.Int32)
    source = _code(variable.source_column, rows)
    is_bad = is_bad_quality(_quality(variable, rows), source, QUALITY)
    return pl.when(~is_bad).then(_scaled(variable, rows))


def _scaled(variable: Variable, rows: pl.DataFrame) -> pl.Expr:
    """In the canonical unit, rounded; null where it is missing, no number, or beyond the limits."""
    text, dtype = _cell(variable.column, rows), rows.schema[variable.column]
    value = pl.col(variable.column) if dtype.is_numeric() else text
    number = value.cast(pl.Float64, strict=False) * variable.per_unit
    is_value = text.is_not_null() & number.is_between(variable.lowest - 0.5, variable.highest + 0.5)
    rounded = pl.when(is_value & number.is_finite()).then(number.round()).cast(pl.Int32)
    return pl.when(rounded.is_between(variable.lowest, variable.highest)).then(rounded)


def _quality(variable: Variable, rows: pl.DataFrame) -> pl.Expr:
    """Its quality code; of several ("1;", "sk") the first that is bad, else the first."""
    codes = _code(variable.quality_column, rows)
    bad = "".join(QUALITY.bad_codes)
    return pl.coalesce(codes.str.extract(f"([{bad}])"), codes.str.extract("([0-9A-Za-z])"))


def _code(column: str, rows: pl.DataFrame) -> pl.Expr:
    """A short text; null where the file has no such column or nothing in it."""
    if column not in rows.columns:
        return pl.lit(None, pl.String)
    return _cell(column, rows).str.slice(0, _LONGEST_CODE)


def _cell(column: str, rows: pl.DataFrame) -> pl.Expr:
    """A cell as text without padding and control characters; null where it says nothing."""
    text = pl.col(column) if rows.schema[column] == pl.String else pl.col(column).cast(pl.String)
    text = text.str.replace_all(_CONTROL, " ").str.strip_chars()
    return pl.when(~text.str.to_lowercase().is_in(_NOTHING)).then(text)


def _rejected(rejected: pl.DataFrame, payloads: list[str], source_file: str) -> pl.DataFrame:
    """Rows without a key, in the order of the file."""
    return rejected.select(
        pl.lit(source_file).alias("source_file"),
        LINE,
        "reason",
        pl.Series("payload", payloads, pl.String),
    ).cast(REJECTED_SCHEMA)
