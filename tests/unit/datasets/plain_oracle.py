"""A global-hourly file by the csv module and the plain-Python rules, to compare with."""

import csv
import gzip
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from plain_python_summary import summarise

HourSummary = tuple[int, int, int, int]  # count, min, max, sum in tenths


def plain_hours(content: bytes, rule: str) -> dict[str, HourSummary]:
    """{"2014-01-01T00": (count, min, max, sum)} of a global-hourly file, plain or gzip."""
    names = ("observation_count", "min_tenths", "max_tenths", "sum_tenths")
    return {
        hour: tuple(one[name] for name in names)
        for hour, one in plain_summaries(content, rule).items()
        if "observation_count" in one
    }


def plain_summaries(content: bytes, rule: str) -> dict[str, dict[str, Any]]:
    """{"2014-01-01T00": nonzero counts and statistics} of such a file."""
    return {
        f"{hour:%Y-%m-%dT%H}": one
        for (_, hour, _, found), one in _all_summaries(content).items()
        if found == rule
    }


@lru_cache(maxsize=8)
def _all_summaries(content: bytes) -> Mapping[Any, dict[str, Any]]:
    """Under all rules: who asks for one asks for the others next."""
    plain = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    rows = [
        _observation(row, line)
        for line, row in enumerate(csv.DictReader(io.StringIO(plain.decode(), newline="")), 1)
    ]
    return summarise(rows)


def _observation(row: dict[str, str], line: int) -> dict[str, object]:
    value, quality = row["TMP"].split(",")
    is_within_format = value == "+9999" or -932 <= int(value) <= 618
    return {
        "station_id": row["STATION"],
        "observed_at": datetime.fromisoformat(row["DATE"]).replace(tzinfo=UTC),
        "air_temperature_tenths": None if value == "+9999" or not is_within_format else int(value),
        **_beside(row),
        "quality_code": quality,
        "report_type": row["REPORT_TYPE"].strip(),
        "source": row["SOURCE"],
        "dataset": "global-hourly",
        "revision": line,
        "malformed": None if is_within_format else f"outside the format: {value}",
    }


def _beside(row: dict[str, str]) -> dict[str, int | None]:
    """Dew point, pressure and wind as the format's document says: 9s are missing, 2 3 6 7 are bad."""
    dew, dew_code = row["DEW"].split(",")
    pressure, pressure_code = row["SLP"].split(",")
    direction, direction_code, _, speed, speed_code = row["WND"].split(",")
    return {
        "dew_point_tenths": _number(dew, dew_code, range(-982, 369)),
        "sea_level_pressure_tenths_hpa": _number(pressure, pressure_code, range(8600, 10901)),
        "wind_speed_tenths_ms": _number(speed, speed_code, range(901)),
        "wind_direction_deg": _number(direction, direction_code, range(1, 361)),
    }


def _number(text: str, code: str, within: range) -> int | None:
    return int(text) if int(text) in within and code not in "2367" else None
