"""Small global-hourly files for tests, written as NOAA writes them, and the rows read from them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from isotherm.datasets.global_hourly.reader import ParsedFile, parse_observations

PUBLISHED_AT = datetime(2024, 2, 1, tzinfo=UTC)
STATION = "72530094846"

NAMES = (
    "STATION", "DATE", "SOURCE", "LATITUDE", "LONGITUDE", "ELEVATION", "NAME", "REPORT_TYPE",
    "CALL_SIGN", "QUALITY_CONTROL", "WND", "CIG", "VIS", "TMP", "DEW", "SLP", "REM", "EQD",
)  # fmt: skip
GOOD = {
    "STATION": STATION,
    "DATE": "2024-01-01T00:51:00",
    "SOURCE": "7",
    "LATITUDE": "41.995",
    "LONGITUDE": "-87.934",
    "ELEVATION": "205.0",
    "NAME": "CHICAGO O'HARE INTERNATIONAL AIRPORT, IL US",
    "REPORT_TYPE": "FM-15",
    "CALL_SIGN": "KORD ",
    "QUALITY_CONTROL": "V030",
    "WND": "250,5,N,0015,5",
    "CIG": "00579,5,M,N",
    "VIS": "002414,5,N,5",
    "TMP": "-0111,5",
    "DEW": "-0144,5",
    "SLP": "10273,5",
    "REM": "MET116, METAR KORD",
    "EQD": "",
}


def line(**values: str) -> str:
    """A good row with some columns changed; non-empty values quoted, empty ones bare."""
    row = {**GOOD, **values}
    return ",".join(f'"{row[name]}"' if row[name] else "" for name in NAMES)


def header(names: Sequence[str] = NAMES) -> str:
    return ",".join(f'"{name}"' for name in names)


def csv_file(*lines: str, end: str = "\n") -> bytes:
    """A file of these data lines."""
    return (end.join([header(), *lines]) + end).encode("utf-8", "surrogateescape")


def parse(content: bytes, source_file: str = "test.csv") -> ParsedFile:
    return parse_observations(content, published_at=PUBLISHED_AT, source_file=source_file)


def parse_one(**values: str) -> dict[str, Any]:
    """The observation made of one changed good row."""
    parsed = parse(csv_file(line(**values)))
    assert parsed.rejected.is_empty()
    (row,) = parsed.observations.rows(named=True)
    return row


def observed(parsed: ParsedFile) -> list[tuple[int, int | None]]:
    """(source_line, tenths) of each observation."""
    return parsed.observations.select("source_line", "air_temperature_tenths").rows()


def rejections(parsed: ParsedFile) -> list[tuple[int, str, str]]:
    """(source_line, reason, payload) of each rejected row."""
    return parsed.rejected.select("source_line", "reason", "payload").rows()
