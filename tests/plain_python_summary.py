"""The selection rules and the hourly summary in plain Python: the oracle both layers are held to.

Written from the meaning (`quality.py`'s prose), row by row, with none of Polars' or Spark's shapes.
"""

from collections import Counter, defaultdict
from datetime import datetime
from fractions import Fraction
from math import cos, floor, radians, sin
from typing import Any

from isotherm.datasets.global_hourly.quality import QUALITY

AVIATION = QUALITY.aviation_report_types
Row = dict[str, Any]
Key = tuple[str, datetime, str, str]


def newest_versions(rows: list[Row]) -> list[Row]:
    versions: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        key = (
            row["station_id"],
            row["dataset"],
            row["observed_at"],
            row["report_type"] or "",
            row["source"] or "",
        )
        versions[key].append(row)
    return [max(found, key=_version_order) for found in versions.values()]


def _null_first(value: object) -> tuple[bool, object]:
    return (value is not None, value if value is not None else 0)


def _version_order(row: Row) -> tuple[Any, ...]:
    values = (
        "air_temperature_tenths",
        "dew_point_tenths",
        "sea_level_pressure_tenths_hpa",
        "wind_speed_tenths_ms",
        "wind_direction_deg",
        "quality_code",
        "malformed",
    )
    return (row["revision"], *(_null_first(row[name]) for name in values))


def reason_of(row: Row, rule: str) -> str | None:
    tenths, report_type = row["air_temperature_tenths"], row["report_type"] or ""
    if row["malformed"] is not None:
        return "malformed"
    if tenths is None:
        return "missing"
    if rule == "unfiltered":
        return None
    if row["quality_code"] in ("2", "3", "6", "7"):
        return "bad_quality"
    if report_type in ("SOD", "SOM"):
        return "summary_of_day"
    if rule == "routine" and report_type in ("FM-16", "SAOSP"):
        return "special"
    if not -932 <= tenths <= 618:
        return "out_of_range"
    return None


def choose_routine(rows: list[Row]) -> list[Row]:
    """Aviation before others within the hour, then one value per minute."""
    aviation = [row for row in rows if row["report_type"] in AVIATION]
    by_minute: dict[datetime, list[Row]] = defaultdict(list)
    for row in aviation or rows:
        by_minute[row["observed_at"].replace(second=0)].append(row)

    def preference(row: Row) -> tuple[Any, ...]:
        place = AVIATION.index(row["report_type"]) if aviation else 0
        identity = (row["observed_at"], row["report_type"] or "", row["source"] or "")
        return (-place, row["revision"], *identity, *_version_order(row))

    return [max(found, key=preference) for found in by_minute.values()]


def summarise(rows: list[Row]) -> dict[Key, dict[str, Any]]:
    """{(station, hour, dataset, rule): nonzero counts and statistics}."""
    hours: dict[tuple[str, datetime, str], list[Row]] = defaultdict(list)
    for row in newest_versions(rows):
        hour = row["observed_at"].replace(minute=0, second=0)
        hours[row["station_id"], hour, row["dataset"]].append(row)
    summaries = {}
    for key, found in hours.items():
        for rule in ("unfiltered", "qc", "routine"):
            reasons = Counter(reason_of(row, rule) for row in found)
            kept = [row for row in found if reason_of(row, rule) is None]
            if rule == "routine":
                passed, kept = len(kept), choose_routine(kept)
                reasons["superseded"] += passed - len(kept)
            values = [row["air_temperature_tenths"] for row in kept]
            one = {f"{reason}_count": n for reason, n in reasons.items() if reason is not None and n}
            if values:
                one |= {
                    "observation_count": len(values),
                    "min_tenths": min(values),
                    "max_tenths": max(values),
                    "sum_tenths": sum(values),
                }
            if len(values) > 3:
                counted = Counter(values)
                one["temperature_histogram"] = " ".join(f"{v}:{counted[v]}" for v in sorted(counted))
            summaries[(*key, rule)] = one | elements_of(kept)
    return summaries


def elements_of(kept: list[Row]) -> dict[str, int]:
    """Counts and sums of what stands beside the temperature."""
    one = {}
    for field, count, total in (
        ("dew_point_tenths", "dew_point_count", "dew_point_sum_tenths"),
        ("sea_level_pressure_tenths_hpa", "pressure_count", "pressure_sum_tenths_hpa"),
        ("wind_speed_tenths_ms", "wind_count", "wind_speed_sum_tenths_ms"),
    ):
        values = [row[field] for row in kept if row[field] is not None]
        if values:
            one |= {count: len(values), total: sum(values)}
    if "wind_count" in one:
        winds = [wind_mms(row) for row in kept if row["wind_speed_tenths_ms"] is not None]
        one |= {
            "wind_east_sum_mms": sum(east for east, _ in winds),
            "wind_north_sum_mms": sum(north for _, north in winds),
        }
    return one


def wind_mms(row: Row) -> tuple[int, int]:
    """Where the air of one reading goes, in mm/s: east and north, halves up, sines to five digits."""
    if row["wind_direction_deg"] is None:
        return 0, 0
    towards = radians(row["wind_direction_deg"])
    parts = (Fraction(-round(function(towards) * 10**5), 10**5) for function in (sin, cos))
    east, north = (floor(row["wind_speed_tenths_ms"] * 100 * part + Fraction(1, 2)) for part in parts)
    return east, north
