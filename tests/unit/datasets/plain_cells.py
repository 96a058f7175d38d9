"""The cells of a global-hourly row once more, one by one with regular expressions, to compare with."""

import csv
import io
import re
from datetime import UTC, datetime
from typing import Any

Row = dict[str, Any]
_SIGNED = "[+-]?[0-9]{4},[0-9A-Za-z]"
_PRESSURE = "[0-9]{5},[0-9A-Za-z]"
_WIND = "[0-9]{3},[0-9A-Za-z],[0-9A-Za-z],[0-9]{4},[0-9A-Za-z]"


def plain_rows(plain: bytes) -> list[Row]:
    """What each record of a regular file says; time None where it is none of ours."""
    rows = csv.DictReader(io.StringIO(plain.decode("utf-8", "replace"), newline=""))
    return [plain_row(row) | {"source_line": line} for line, row in enumerate(rows, start=1)]


def plain_row(row: dict[str, str]) -> Row:
    """The values of one row, by the format's description."""
    tenths, code = _temperature(row["TMP"])
    return {
        "station_id": row["STATION"].strip(),
        "observed_at": _time(row["DATE"]),
        "air_temperature_tenths": tenths,
        "quality_code": code,
        "report_type": row["REPORT_TYPE"].strip() or None,
        "source": row["SOURCE"].strip() or None,
        "dew_point_tenths": _number(row["DEW"], _SIGNED, 0, 1, range(-982, 369)),
        "sea_level_pressure_tenths_hpa": _number(row["SLP"], _PRESSURE, 0, 1, range(8600, 10901)),
        "wind_speed_tenths_ms": _number(row["WND"], _WIND, 3, 4, range(901)),
        "wind_direction_deg": _number(row["WND"], _WIND, 0, 1, range(1, 361)),
    }


def _temperature(text: str) -> tuple[int | None, str | None]:
    found = re.fullmatch(r"\s*([+-]?[0-9]{4})\s*,\s*([0-9A-Za-z])\s*", text)
    if found is None:
        return None, None
    if int(found[1]) == 9999:
        return None, found[2]
    return (int(found[1]), found[2]) if -932 <= int(found[1]) <= 618 else (None, None)


def _number(text: str, cell: str, place: int, code_place: int, allowed: range) -> int | None:
    parts = [part.strip() for part in text.split(",")]
    if not re.fullmatch(cell, ",".join(parts)) or parts[code_place] in {"2", "3", "6", "7"}:
        return None
    return int(parts[place]) if int(parts[place]) in allowed else None


def _time(text: str) -> datetime | None:
    text = text.strip().removesuffix("Z")
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}", text):
        return None
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment if moment.year >= 1700 else None
