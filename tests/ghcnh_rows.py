"""GHCNh files made of a few cells: psv in either version's layout, and Parquet of the same rows."""

import io
from collections.abc import Mapping
from datetime import UTC, datetime

import polars as pl

from isotherm.datasets.dataset import ParsedFile
from isotherm.datasets.ghcnh.columns import BESIDE, DATE_PARTS, VARIABLES
from isotherm.datasets.ghcnh.reader import parse_observations

STATION = "USW00094846"
PUBLISHED_AT = datetime(2026, 3, 1, 6, tzinfo=UTC)
ATTRIBUTES = (
    "Measurement_Code", "Quality_Code", "Report_Type", "Source_Code", "Source_Station_ID",
)  # fmt: skip
VARIABLE_COLUMNS = tuple(
    name for one in VARIABLES for name in (one.column, *(f"{one.column}_{part}" for part in ATTRIBUTES))
)
NAMES = (
    "STATION", "Station_name", "DATE", *DATE_PARTS, "LATITUDE", "LONGITUDE", "ELEVATION",
    *VARIABLE_COLUMNS, "remarks",
)  # fmt: skip
GOOD: Mapping[str, str] = {
    "STATION": STATION,
    "Station_name": "CHICAGO OHARE INTL AP",
    "DATE": "2026-02-03T04:51:00",
    "LATITUDE": "41.9603",
    "LONGITUDE": "-87.9317",
    "ELEVATION": "204.8",
    "temperature": "-11.1",
    "temperature_Quality_Code": "5",
    "temperature_Report_Type": "FM15",
    "temperature_Source_Code": "343",
    "dew_point_temperature": "-14.4",
    "dew_point_temperature_Quality_Code": "5",
    "dew_point_temperature_Source_Code": "343",
    "sea_level_pressure": "1027.3",
    "wind_speed": "1.5",
    "wind_direction": "250",
    "remarks": 'MET "quoted" SYN004BUFR',
}
NUMBERS = (
    "LATITUDE",
    "LONGITUDE",
    "ELEVATION",
    *(one.column for one in VARIABLES if one is not BESIDE[-1]),
)


def row(**cells: str) -> dict[str, str]:
    """A good row with some cells other ones."""
    return {**GOOD, **cells}


def line(**cells: str) -> str:
    """The same as a line of psv."""
    values = row(**cells)
    return "|".join(values.get(name, "") for name in NAMES)


def psv_file(*lines: str, header: str = "|".join(NAMES), end: str = "\n") -> bytes:
    """A whole psv file."""
    return "".join(f"{one}{end}" for one in (header, *lines)).encode()


def parquet_file(*rows: Mapping[str, str], without: tuple[str, ...] = ()) -> bytes:
    """The same rows typed as NOAA's document types them."""
    texts = {name: [one.get(name) or None for one in rows] for name in NAMES if name not in without}
    frame = pl.DataFrame(texts, schema=dict.fromkeys(texts, pl.String))
    out = io.BytesIO()
    frame.with_columns(
        pl.col(name).cast(pl.Float64) for name in NUMBERS if name in texts
    ).write_parquet(out)
    return out.getvalue()


def parse(content: bytes, name: str = f"2026/psv/GHCNh_{STATION}_2026.psv") -> ParsedFile:
    """Read it."""
    return parse_observations(content, published_at=PUBLISHED_AT, source_file=name)
