"""The canonical observation: what every source is read into, before anything is selected.

Field order, meanings and units live here once; the Polars, Arrow, Spark and JSON forms derive from
`FIELDS`. Nothing is dropped before the raw topic or the normalised Parquet.
"""

from dataclasses import dataclass
from typing import Final, Literal

FieldType = Literal["text", "timestamp", "int", "bigint"]

# NOAA's format allows this much; published_at has seconds, so a file keeps its line in the low bits.
REVISION_LINE_BITS: Final = 24


@dataclass(frozen=True, slots=True)
class Field:
    """One column of the canonical observation."""

    name: str
    type: FieldType
    nullable: bool
    meaning: str


FIELDS: Final = (
    Field("station_id", "text", False, "11 characters, leading zeros and letters kept"),
    Field("observed_at", "timestamp", False, "UTC"),
    Field("air_temperature_tenths", "int", True, "tenths of a degree Celsius; null = missing"),
    Field("quality_code", "text", True, "NOAA's code of the temperature"),
    Field("report_type", "text", True, "as published, trimmed: FM-15, SOD, ..."),
    Field("source", "text", True, "NOAA's source flag, a digit or a letter"),
    Field("dataset", "text", False, "name of the dataset"),
    Field("dew_point_tenths", "int", True, "tenths of a degree Celsius"),
    Field("sea_level_pressure_tenths_hpa", "int", True, "tenths of a hectopascal"),
    Field("wind_speed_tenths_ms", "int", True, "tenths of a metre per second"),
    Field("wind_direction_deg", "int", True, "degrees from true north"),
    Field("published_at", "timestamp", False, "the file's Last-Modified, else its download time, UTC"),
    Field("source_file", "text", False, "name of the file it was read from"),
    Field("source_line", "int", False, "data row in that file, from 1"),
    Field("revision", "bigint", False, "orders versions of one observation, see revision_of"),
    Field("malformed", "text", True, "null, or why the row has no readable temperature"),
)

# Observations that agree on these are versions of one observation; the highest revision counts.
KEY: Final = ("station_id", "observed_at", "report_type", "source")


def revision_of(published_at_s: int, source_line: int) -> int:
    """The order of versions: later published wins, then the later line of the file.

    Args:
        published_at_s: seconds since 1970 of the file's publication.
        source_line: data row in the file, from 1, below 2^24.
    """
    return (published_at_s << REVISION_LINE_BITS) + source_line
