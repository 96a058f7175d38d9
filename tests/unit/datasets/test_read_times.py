"""The DATE column: what is a time, which moment it is, and what is none; the same in both readers."""

from datetime import UTC, datetime

import pytest

from csv_rows import STATION, csv_file, line, observed, parse, parse_one, rejections
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.datasets.observations import SetAside, observations_of

IRREGULAR = line(REM="over\ntwo lines")  # makes the whole file be read record by record
UNREADABLE = "DATE is not YYYY-MM-DDTHH:MM:SS"


@pytest.mark.parametrize("neighbour", [[], [IRREGULAR]])
@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("1901-12-31T23:59:00", "1901-12-31T23:59:00"),
        ("1901-12-31T23:59:00Z", "1901-12-31T23:59:00"),
        (" 2024-02-29T00:00:59 ", "2024-02-29T00:00:59"),
        ("1700-01-01T00:00:00", "1700-01-01T00:00:00"),
        ("9999-12-31T23:59:59", "9999-12-31T23:59:59"),
        ("1901-01-01T24:00:00", "1901-01-02T00:00:00"),
        ("1900-02-28T24:00:00", "1900-03-01T00:00:00"),
        ("1972-12-31T24:00:00", "1973-01-01T00:00:00"),
    ],
)
def test_a_date_is_a_moment_of_utc_and_24_00_is_the_next_midnight(
    date: str, moment: str, neighbour: list[str]
) -> None:
    parsed = parse(csv_file(line(DATE=date), *neighbour))
    assert parsed.observations["observed_at"][0] == datetime.fromisoformat(f"{moment}+00:00")
    assert parsed.rejected.is_empty()


@pytest.mark.parametrize("neighbour", [[], [IRREGULAR]])
@pytest.mark.parametrize(
    "date",
    [
        "",
        "yesterday",
        "2024-01-01",
        "2024-13-01T00:00:00",
        "2024-00-01T00:00:00",
        "2024-01-00T00:00:00",
        "2024-02-30T00:00:00",
        "2023-02-29T00:00:00",
        "1901-01-01T24:00:01",
        "1973-01-01T24:00:00",
        "2024-12-31T24:00:00",
        "2024-01-01T24:01:00",
        "2024-01-01T25:00:00",
        "2024-01-01T00:60:00",
        "2016-12-31T23:59:60",
        "2016-07-01T12:51:60",
        "2016-07-01T12:51:61",
        "0000-01-01T00:00:00",
        "0001-01-01T00:00:00",
        "1699-12-31T23:59:59",
        "9999-12-31T24:00:00",
        "2024-01-01T00:00:00+01:00",
        "2024-01-01T00:00:00-14:00",
        "2024-01-01 00:00:00",
        "2024-01-01T00:00",
        "2024-1-1T00:00:00",
        "２０２４-01-01T00:00:00",
        "-024-01-01T00:00:00",
        "2024-01-01T00:00:5:",
    ],
)
def test_a_row_without_a_readable_time_is_rejected_with_its_text(
    date: str, neighbour: list[str]
) -> None:
    bad = line(DATE=date)
    parsed = parse(csv_file(line(), bad, line(), *neighbour))
    assert observed(parsed)[:2] == [(1, -111), (3, -111)]
    assert rejections(parsed) == [(2, UNREADABLE, bad)]


def test_second_60_moves_no_row_to_another_hour() -> None:
    dates = ("2016-12-31T22:51:00", "2016-12-31T23:59:60", "2016-07-01T12:59:60")
    parsed = parse(csv_file(*[line(DATE=date) for date in dates]))
    assert parsed.observations["observed_at"].to_list() == [datetime(2016, 12, 31, 22, 51, tzinfo=UTC)]
    assert [reason for _, reason, _ in rejections(parsed)] == [UNREADABLE] * 2


def test_the_midnight_after_the_last_day_belongs_to_the_file_of_the_next_year() -> None:
    dates = ("1901-12-30T24:00:00", "1901-12-31T24:00:00")
    found = observations_of(
        GLOBAL_HOURLY,
        csv_file(*[line(DATE=date) for date in dates]),
        station_id=STATION,
        year=1901,
        published_at=datetime(2024, 1, 1, tzinfo=UTC),
    )
    assert found.observations["observed_at"].to_list() == [datetime(1901, 12, 31, tzinfo=UTC)]
    assert found.set_aside.select("source_line", "reason").rows() == [(2, SetAside.ANOTHER_FILES)]


def test_times_of_every_month_and_leap_year_are_those_of_the_calendar() -> None:
    moments = [
        datetime(year, month, day, 23, 59, 59, tzinfo=UTC)
        for year in (1700, 1900, 1904, 1969, 1970, 2000, 2023, 2024, 9999)
        for month in range(1, 13)
        for day in (1, 28)
    ]
    rows = [line(DATE=f"{moment:%Y-%m-%dT%H:%M:%S}") for moment in moments]
    assert parse(csv_file(*rows)).observations["observed_at"].to_list() == moments


def test_a_time_with_its_zone_mark_is_read_beside_times_without() -> None:
    assert parse_one(DATE="2024-01-01T00:51:00Z")["observed_at"] == parse_one()["observed_at"]
