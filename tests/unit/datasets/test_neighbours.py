"""Reports of another place are found by their neighbours in time; the weather's own jumps are not."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from isotherm.datasets.ghcnh.quality import QUALITY
from isotherm.datasets.neighbours import is_unlike_neighbours

START = datetime(2026, 7, 1, tzinfo=UTC)


def series(*readings: tuple[float, float | None], quality: str | None = None) -> pl.DataFrame:
    """Hours since the start and degrees Celsius."""
    return pl.DataFrame(
        {
            "observed_at": [START + timedelta(hours=hour) for hour, _ in readings],
            "air_temperature_tenths": [None if t is None else round(t * 10) for _, t in readings],
            "quality_code": [quality] * len(readings),
            "source": ["413"] * len(readings),
        },
        schema={
            "observed_at": pl.Datetime("us", "UTC"),
            "air_temperature_tenths": pl.Int32,
            "quality_code": pl.String,
            "source": pl.String,
        },
    )


def found(readings: pl.DataFrame) -> list[int]:
    return is_unlike_neighbours(readings, QUALITY).arg_true().to_list()


CALM = [(float(hour), 15.0) for hour in range(12)]


@pytest.mark.parametrize("degrees", [-22.2, 45.0, 96.6])
def test_a_report_that_jumps_away_and_back_is_found(degrees: float) -> None:
    assert found(series(*CALM, (5.5, degrees))) == [12]


def test_foreign_reports_beside_each_other_do_not_protect_each_other() -> None:
    assert found(series(*CALM, (5.2, -20.0), (5.4, -22.0), (5.6, 60.0))) == [12, 13, 14]


def test_a_front_is_weather_however_sharp() -> None:
    before, after = [(float(h), 18.0) for h in range(6)], [(6.0 + h, -9.0) for h in range(6)]
    assert found(series(*before, *after)) == []


def test_a_front_between_frequent_specials_is_weather() -> None:
    before = [(float(h), 18.0) for h in range(4)]
    after = [(4.0 + minutes / 60, 2.0 - minutes / 10) for minutes in range(0, 90, 10)]
    assert found(series(*before, *after)) == []


def test_a_desert_s_afternoon_between_three_hourly_reports_is_weather() -> None:
    day = [(0.0, 8.0), (3.0, 6.0), (6.0, 19.0), (9.0, 33.0), (12.0, 20.0), (15.0, 12.0), (18.0, 9.0)]
    assert found(series(*day)) == []


@pytest.mark.parametrize(
    "degrees",
    [
        # Spearfish, 22 January 1943: the fastest rise and fall on record, as hourly reports saw it.
        [-20, -20, -20, 7, 12, -20, -20, -20],
        # Föhn that breaks through for two hours of a winter night.
        [-6, -7, -7, 9, 11, -5, -6, -7],
        # A thunderstorm's outflow on a hot afternoon, the sun afterwards.
        [36, 37, 37, 24, 25, 35, 36, 35],
        # Wind mixes an Antarctic inversion away, and it is back.
        [-68, -67, -68, -44, -45, -66, -68, -69],
    ],
)  # fmt: skip
def test_weather_that_jumps_away_and_back_within_two_hours_is_weather(degrees: list[int]) -> None:
    assert found(series(*enumerate(map(float, degrees)))) == []


def test_weather_between_frequent_specials_is_weather() -> None:
    # A heat burst: Wichita, 9 June 2011, 29.4 to 38.9 degrees within 20 minutes, every 10 minutes.
    burst = [29.4, 29.4, 29.5, 33.9, 38.9, 38.5, 37.0, 34.0, 30.0, 29.0]
    assert found(series(*((index / 6, t) for index, t in enumerate(burst)))) == []


def test_ship_reports_of_many_days_are_found_one_by_one() -> None:
    ships = [-22.2, 0.0, 33.4, 96.6, 35.5, -8.1, 29.0]
    calm = [(float(hour), 15.0) for hour in range(24 * len(ships))]
    foreign = [(24.0 * day + 6.2, t) for day, t in enumerate(ships)]
    assert found(series(*calm, *foreign)) == list(range(len(calm), len(calm) + len(ships)))


def test_the_first_and_last_reports_are_never_found() -> None:
    assert found(series((0.0, 60.0), *((hour + 1, t) for hour, t in CALM), (13.0, -40.0))) == []


def test_what_is_bad_already_supports_nobody_and_is_not_looked_at() -> None:
    bad = series((5.2, 44.0), (5.3, 45.0), (5.6, 46.0), quality="3")
    assert found(pl.concat([series(*CALM, (5.4, 45.0)), bad])) == [12]


def test_missing_temperatures_and_an_empty_file() -> None:
    assert found(series(*CALM, (5.5, None))) == []
    assert found(series()) == []
