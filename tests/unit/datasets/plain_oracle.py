"""A global-hourly file by the csv module and the plain-Python rules, to compare with."""

import csv
import gzip
import io
from datetime import UTC, datetime

from plain_python_summary import summarise

HourSummary = tuple[int, int, int, int]  # count, min, max, sum in tenths


def plain_hours(content: bytes, rule: str) -> dict[str, HourSummary]:
    """{"2014-01-01T00": (count, min, max, sum)} of a global-hourly file, plain or gzip."""
    plain = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    rows = [
        _observation(row, line)
        for line, row in enumerate(csv.DictReader(io.StringIO(plain.decode(), newline="")), 1)
    ]
    return {
        f"{hour:%Y-%m-%dT%H}": (
            one["observation_count"],
            one["min_tenths"],
            one["max_tenths"],
            one["sum_tenths"],
        )
        for (_, hour, _, found), one in summarise(rows).items()
        if found == rule and "observation_count" in one
    }


def _observation(row: dict[str, str], line: int) -> dict[str, object]:
    value, quality = row["TMP"].split(",")
    is_within_format = value == "+9999" or -932 <= int(value) <= 618
    return {
        "station_id": row["STATION"],
        "observed_at": datetime.fromisoformat(row["DATE"]).replace(tzinfo=UTC),
        "air_temperature_tenths": None if value == "+9999" or not is_within_format else int(value),
        "dew_point_tenths": None,
        "quality_code": quality,
        "report_type": row["REPORT_TYPE"].strip(),
        "source": row["SOURCE"],
        "dataset": "global-hourly",
        "revision": line,
        "malformed": None if is_within_format else f"outside the format: {value}",
    }
