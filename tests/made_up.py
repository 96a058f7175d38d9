"""Observations made up for tests: one by hand, or many at random with every trap in them."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from isotherm.datasets.global_hourly.quality import QUALITY
from isotherm.observation import FIELDS

COLUMNS = [field.name for field in FIELDS]
TYPES = [
    *QUALITY.aviation_report_types,
    "FM-12",
    "FM-12",
    "FM-16",
    "SAOSP",
    "SOD",
    "SOM",
    "AUTO",
    "",
    None,
]
CODES = ["0", "1", "5", "5", "5", "9", "2", "3", "6", "7", "A", "C", None]


def utc(year: int, *parts: int) -> datetime:
    return datetime(year, *parts, tzinfo=UTC)


def observation(**given: object) -> dict[str, Any]:
    row = dict.fromkeys(COLUMNS) | {
        "station_id": "01001099999",
        "observed_at": utc(2014, 1, 1, 0, 51),
        "air_temperature_tenths": 10,
        "quality_code": "1",
        "report_type": "FM-15",
        "source": "7",
        "dataset": "global-hourly",
        "published_at": utc(2020, 1, 1),
        "source_file": "01001099999.csv",
        "source_line": 1,
        "revision": 1,
    }
    return row | given


def random_observations(
    seed: int, years: tuple[int, ...] = (1901, 2014), count: int = 900
) -> list[dict[str, Any]]:
    """Three stations over 48 hours of each year: repeats, corrections, ties, nulls, shuffled."""
    chance = random.Random(seed)  # noqa: S311 - repeatable is the point
    rows = []
    for _ in range(count):
        year = chance.choice(years)
        minute = chance.choice([0, 0, 20, 51, 51, 53, chance.randrange(60)])
        row = observation(
            station_id=chance.choice(["01001099999", "A0000253848", "99403599999"]),
            observed_at=utc(year, 3, 1) + timedelta(hours=chance.randrange(48), minutes=minute),
            air_temperature_tenths=chance.choice([None, *range(-300, 300, 7), -940, 619, -932, 618]),
            quality_code=chance.choice(CODES),
            dew_point_tenths=chance.choice([None, *range(-400, 200, 13)]),
            sea_level_pressure_tenths_hpa=chance.choice([None, *range(9500, 10500, 77)]),
            wind_speed_tenths_ms=chance.choice([None, *range(0, 400, 31), 900]),
            wind_direction_deg=chance.choice([None, *range(1, 361, 7), 90, 360]),
            report_type=chance.choice(TYPES),
            source=chance.choice(["4", "7", "O", None]),
            revision=chance.randrange(1, 10**9),
        )
        if chance.random() < 0.05:
            row |= {"malformed": "TMP '+01x4,1'", "air_temperature_tenths": None}
        rows.append(row)
        for _ in range(chance.choice([0, 0, 0, 1, 2])):
            tied = chance.random() < 0.2
            rows.append(
                row
                | {
                    "air_temperature_tenths": chance.choice([None, 5, -5, 700]),
                    "dew_point_tenths": chance.choice([None, 3, -3]),
                    "sea_level_pressure_tenths_hpa": chance.choice([None, 10132]),
                    "wind_speed_tenths_ms": chance.choice([None, 26]),
                    "quality_code": chance.choice(CODES),
                    "revision": row["revision"] if tied else chance.randrange(1, 10**9),
                }
            )
    rows += [row for row in rows if chance.random() < 0.3 for _ in range(2)]
    chance.shuffle(rows)
    return rows


def admissible_observations(
    seed: int, years: tuple[int, ...] = (1901, 2014), count: int = 900
) -> list[dict[str, Any]]:
    """Those of `random_observations` that may enter the stream: no impossible temperature."""
    lowest, highest = QUALITY.min_plausible_tenths, QUALITY.max_plausible_tenths
    return [
        row
        for row in random_observations(seed, years, count)
        if (value := row["air_temperature_tenths"]) is None or lowest <= value <= highest
    ]
