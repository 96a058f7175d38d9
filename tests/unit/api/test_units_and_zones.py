"""Other units and clocks: exact ratios of exact integers, rounded once; instants that stay the same."""

from datetime import UTC, date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from fastapi.exceptions import RequestValidationError
from hypothesis import given
from hypothesis import strategies as st

from isotherm.api.fields import STATION_FIELDS, means_of, names_of, units_of, values_of
from isotherm.api.units import name_of, scale_of
from isotherm.api.zones import in_zone, read_zone, starts_at
from isotherm.statistics.catalogue import MAX, MIN, PRESSURE_SUM, STATISTICS, SUM, WIND_EAST_SUM
from isotherm.statistics.statistic import COUNT, TENTHS_C, TENTHS_HPA, TENTHS_MS

TENTHS = st.integers(-932, 618)
INCH_OF_MERCURY_PA = Fraction("0.0254") * Fraction("13595.1") * Fraction("9.80665")
MILE_M = Fraction("1609.344")


def fahrenheit(celsius: Fraction) -> Fraction:
    return celsius * 9 / 5 + 32


@given(st.lists(TENTHS, min_size=1, max_size=50))
def test_a_mean_in_fahrenheit_is_the_exact_mean_rounded_once(tenths: list[int]) -> None:
    found = means_of([sum(tenths)], [len(tenths)], 10, scale_of(TENTHS_C, "imperial"))
    exact = fahrenheit(Fraction(sum(tenths), len(tenths) * 10))
    assert found == [float(round(exact, 2))]


@given(TENTHS)
def test_lowest_and_highest_in_fahrenheit_lose_nothing(tenths: int) -> None:
    for statistic in (MIN, MAX):
        assert statistic.api is not None
        (found,) = values_of((statistic, statistic.api), {statistic.name: [tenths]}, "imperial")
        assert Fraction(str(found)) == fahrenheit(Fraction(tenths, 10))


@pytest.mark.parametrize(
    ("total", "count", "mean_f"),
    # -40 is the same in both; freezing point; halves of a hundredth go to the even one.
    [(-400, 1, -40.0), (0, 3, 32.0), (1, 8, 32.02), (3, 8, 32.07), (25, 36, 32.12), (75, 36, 32.38)],
)
def test_known_means(total: int, count: int, mean_f: float) -> None:
    assert means_of([total, None], [count, 0], 10, scale_of(TENTHS_C, "imperial")) == [mean_f, None]


@given(st.integers(8_700, 10_900), st.integers(-90_000, 90_000), st.integers(1, 30))
def test_pressure_and_wind_are_converted_by_the_definitions_of_their_units(
    hpa_tenths: int, wind_mms: int, count: int
) -> None:
    inches = scale_of(TENTHS_HPA, "imperial")
    exact = Fraction(hpa_tenths * 10, count) / INCH_OF_MERCURY_PA
    assert means_of([hpa_tenths], [count], 10, inches) == [float(round(exact, 2))]
    miles = Fraction(wind_mms, 1000 * count) * 3600 / MILE_M
    per_hour = scale_of(TENTHS_MS, "imperial")
    assert means_of([wind_mms], [count], 1000, per_hour) == [float(round(miles, 2))]


def test_a_field_s_name_ends_with_its_unit_and_every_measured_one_has_another() -> None:
    metric, imperial = (names_of(STATION_FIELDS, one) for one in ("metric", "imperial"))
    for (statistic, _), one, other in zip(STATION_FIELDS, metric, imperial, strict=True):
        assert (one == other) == (statistic.unit == COUNT)
        assert one.endswith(("_count", "_c", "_hpa", "_ms"))
        assert other.endswith(("_count", "_f", "_inhg", "_mph"))
    named = {one: name_of(field, one.unit, "imperial") for one, field in STATION_FIELDS}
    assert named[SUM] == "mean_f"
    assert named[PRESSURE_SUM] == "mean_pressure_inhg"
    assert named[WIND_EAST_SUM] == "mean_wind_east_mph"
    said = units_of(STATION_FIELDS, "imperial", "Europe/Paris")
    assert set(said) == {*imperial, "time"}
    assert (said["mean_f"], said["time"]) == ("degree Fahrenheit", "Europe/Paris")
    assert {one.unit.name for one in STATISTICS if one.api} == {
        "1", "degree Celsius", "hectopascal", "metre per second",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("hour", "zone", "shown"),
    [
        ("2014-01-01T00:00:00Z", "America/Chicago", "2013-12-31T18:00:00-06:00"),
        # Of the two hours that a clock shows alike when it is put back, the offset tells which.
        ("2014-10-26T00:00:00Z", "Europe/Paris", "2014-10-26T02:00:00+02:00"),
        ("2014-10-26T01:00:00Z", "Europe/Paris", "2014-10-26T02:00:00+01:00"),
        ("2014-07-01T00:00:00Z", "Asia/Kathmandu", "2014-07-01T05:45:00+05:45"),
        # Local mean time, 6 h 1 min 20 s before Greenwich's.
        ("1800-01-01T00:00:00Z", "Africa/Monrovia", "1799-12-31T23:17:00-00:43"),
    ],
)
def test_an_hour_by_another_clock(hour: str, zone: str, shown: str) -> None:
    assert in_zone(hour, ZoneInfo(zone)) == shown


@given(
    st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31, 23)),  # noqa: DTZ001 - UTC is added
    st.sampled_from(["America/Chicago", "Pacific/Kiritimati", "Asia/Kolkata", "Europe/Amsterdam"]),
)
def test_the_instant_is_always_the_same(time: datetime, zone: str) -> None:
    hour = time.replace(minute=0, second=0, microsecond=0, tzinfo=UTC)
    shown = in_zone(hour.isoformat().replace("+00:00", "Z"), ZoneInfo(zone))
    assert datetime.fromisoformat(shown) == hour
    assert shown[-6] in "+-"  # an offset of whole minutes


def test_a_utc_day_says_when_it_begins_there() -> None:
    assert starts_at(date(2014, 7, 1), ZoneInfo("America/Chicago")) == "2014-06-30T19:00:00-05:00"


@pytest.mark.parametrize(
    "name", ["", "utc", "Europe", "Europe/", "Europe/Nowhere", "../../etc/passwd", "/etc/localtime",
             "localtime", "posixrules", "Factory", "Europe/Paris\x00", "GMT+1", "+01:00"],
)  # fmt: skip
def test_what_is_no_zone_is_refused_with_what_is_accepted(name: str) -> None:
    with pytest.raises(RequestValidationError) as refused:
        read_zone(name)
    (error,) = refused.value.errors()
    assert error["loc"] == ("query", "tz")
    assert "Europe/Paris" in error["msg"]


def test_utc_needs_no_zone_and_every_zone_of_the_database_that_is_a_place_is_one() -> None:
    assert read_zone("UTC") is None
    zone = read_zone("America/Argentina/Ushuaia")
    assert zone is not None
    assert zone.key == "America/Argentina/Ushuaia"
