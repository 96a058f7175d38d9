"""The selection rules once more, in plain Python over the csv module, to compare with."""

import csv
import gzip
import io
from collections import defaultdict

from isotherm.datasets.global_hourly.quality import QUALITY

HourSummary = tuple[int, int, int, int]  # count, min, max, sum in tenths


def plain_hours(content: bytes, rule: str) -> dict[str, HourSummary]:
    """{"2014-01-01T00": (count, min, max, sum)} of a global-hourly file, plain or gzip."""
    plain = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    newest: dict[tuple[str, str, str], tuple[str, str]] = {}
    for row in csv.DictReader(io.StringIO(plain.decode(), newline="")):
        value, quality = row["TMP"].split(",")
        newest[row["DATE"], row["REPORT_TYPE"].strip(), row["SOURCE"]] = (value, quality)
    hours: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for (when, report_type, _), (value, quality) in newest.items():
        if _counts(report_type, value, quality, rule):
            hours[when[:13]].append((when, report_type, int(value)))
    chosen = {
        hour: _one_a_minute(found) if rule == "routine" else [one[2] for one in found]
        for hour, found in hours.items()
    }
    return {hour: (len(v), min(v), max(v), sum(v)) for hour, v in chosen.items()}


def _counts(report_type: str, value: str, quality: str, rule: str) -> bool:
    if value == "+9999":
        return False
    if rule == "unfiltered":
        return True
    if quality in "2367" or report_type in ("SOD", "SOM") or not -932 <= int(value) <= 618:
        return False
    return rule == "qc" or report_type not in ("FM-16", "SAOSP")


def _one_a_minute(found: list[tuple[str, str, int]]) -> list[int]:
    """Of an aviation station's minute the preferred type; of any other's the last row."""
    aviation = [one for one in found if one[1] in QUALITY.aviation_report_types]
    if not aviation:
        return list({when: value for when, _, value in found}.values())
    preferred = sorted(
        aviation, key=lambda one: QUALITY.aviation_report_types.index(one[1]), reverse=True
    )
    return list({when: value for when, _, value in preferred}.values())
