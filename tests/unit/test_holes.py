"""What is a hole in a station's record, and what is none."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from isotherm.hole_commands import fill_commands, fills
from isotherm.holes import HoleKind, MonthDays, find_holes

DAY = timedelta(days=1)
LONG_AGO = date(1900, 1, 1)


def days_from(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def months_of(days: Iterable[date], thin: Iterable[date] = ()) -> list[MonthDays]:
    seen: dict[date, int] = {}
    few: dict[date, int] = {}
    for bits, some in ((seen, days), (few, thin)):
        for day in some:
            month = day.replace(day=1)
            bits[month] = bits.get(month, 0) | 1 << (day.day - 1)
    return [MonthDays(month, mask, few.get(month, 0)) for month, mask in seen.items()]


def holes(
    days: Iterable[date], *, published_through: date = date(2026, 1, 1), thin: Iterable[date] = ()
) -> list[tuple[str, str, str, int]]:
    found = find_holes(months_of(days, thin), published_through=published_through)
    return [(one.kind.value, str(one.first_day), str(one.last_day), one.day_count) for one in found]


def year(number: int, keep: Callable[[date], bool] = lambda _day: True) -> list[date]:
    return [day for day in days_from(date(number, 1, 1), date(number, 12, 31)) if keep(day)]


def test_a_whole_year_has_no_hole_and_nothing_at_all_has_none() -> None:
    assert holes(year(2014)) == []
    assert holes([]) == []


def test_days_without_an_observation_are_missing_and_neighbours_are_one_hole() -> None:
    gone = {date(2014, 3, 30), date(2014, 3, 31), date(2014, 4, 1), date(2014, 7, 9)}
    assert holes(year(2014, lambda day: day not in gone)) == [
        ("missing", "2014-03-30", "2014-04-01", 3),
        ("missing", "2014-07-09", "2014-07-09", 1),
    ]


def test_what_lies_before_the_first_and_after_the_last_day_of_long_ago_is_none() -> None:
    assert holes(days_from(date(2014, 3, 5), date(2014, 9, 20))) == []


def test_a_station_that_never_reports_on_weekends_has_no_hole_there() -> None:
    workdays = year(2014, lambda day: day.weekday() < 5)
    assert holes(workdays) == []
    # Friday and Monday missing are one hole, with the weekend between them.
    gone = {date(2014, 5, 16), date(2014, 5, 19)}
    found = holes([day for day in workdays if day not in gone])
    assert found == [("missing", "2014-05-16", "2014-05-19", 2)]


def test_a_month_that_no_year_has_is_none_and_one_that_another_year_has_is_missing() -> None:
    def summer(day: date) -> bool:
        return 5 <= day.month <= 9

    assert holes([*year(2013, summer), *year(2014, summer)]) == []
    gap = year(2013, lambda day: day.month != 6)
    assert holes(gap) == [("missing", "2013-06-01", "2013-06-30", 30)], "the only year there is"
    assert holes([*gap, *year(2014)]) == [("missing", "2013-06-01", "2013-06-30", 30)]


def test_years_nobody_imported_are_none() -> None:
    assert holes([*year(2010), *year(2014)]) == []


def test_the_open_end_is_late_and_a_silent_station_is_taken_for_closed() -> None:
    record = days_from(date(2026, 1, 1), date(2026, 5, 20))
    assert holes(record, published_through=date(2026, 5, 24)) == [
        ("late", "2026-05-21", "2026-05-24", 4)
    ]
    assert holes(record, published_through=date(2026, 5, 20)) == []
    assert holes(record, published_through=date(2026, 7, 1)) == []
    back = [*record, date(2026, 7, 1)]
    assert holes(back, published_through=date(2026, 7, 1)) == [
        ("missing", "2026-05-21", "2026-06-30", 41)
    ]


def test_a_day_with_too_few_hours_is_thin() -> None:
    assert holes(year(2014), thin=[date(2014, 8, 8), date(2014, 8, 9)]) == [
        ("thin", "2014-08-08", "2014-08-09", 2)
    ]


def test_a_range_cuts_what_reaches_over_it_and_looks_at_the_whole_record() -> None:
    months = months_of(year(2014, lambda day: not date(2014, 2, 10) <= day <= date(2014, 2, 20)))
    (hole,) = find_holes(
        months,
        published_through=LONG_AGO,
        first_day=date(2014, 2, 15),
        last_day=date(2014, 2, 16),
    )
    assert (hole.first_day, hole.last_day, hole.day_count) == (date(2014, 2, 15), date(2014, 2, 16), 2)


@given(st.sets(st.integers(0, 699), max_size=60), st.sets(st.integers(0, 699), max_size=10))
def test_every_gap_of_a_daily_station_is_in_one_hole(gone: set[int], few: set[int]) -> None:
    whole = days_from(date(2013, 1, 1), date(2014, 12, 31))
    kept = [day for number, day in enumerate(whole) if number not in gone]
    thin = [whole[number] for number in few - gone]
    found = find_holes(months_of(kept, thin), published_through=LONG_AGO)
    told = {(hole.kind, day) for hole in found for day in days_from(hole.first_day, hole.last_day)}
    inner = {whole[number] for number in gone if kept[0] < whole[number] < kept[-1]}
    # A weekday that is gone for two months on end is a closure; sixty days spread do not make one.
    assert {day for kind, day in told if kind is HoleKind.THIN} == set(thin)
    assert {day for kind, day in told if kind is HoleKind.MISSING} <= inner
    assert sum(hole.day_count for hole in found) == len(told)


def test_commands_join_runs_of_days_and_go_over_to_years_where_they_are_many() -> None:
    near = [(date(2014, 1, 5), date(2014, 1, 7)), (date(2014, 1, 9), date(2014, 1, 9))]
    assert fill_commands(["72530094846"], near) == [
        "./isotherm airflow backfill create --dag-id ingest_observations --from-date 2014-01-05 "
        "--to-date 2014-01-09 --reprocess-behavior completed "
        """--dag-run-conf '{"station_ids": ["72530094846"]}'"""
    ]
    many = [(date(2013, 11, 1), date(2014, 2, 1)), (date(2017, 6, 1), date(2017, 7, 20))]
    assert fill_commands(["72530094846"], many) == [
        "./isotherm import --years 2013:2014 --ids 72530094846",
        "./isotherm import --years 2017 --ids 72530094846",
    ]
    hundred = [f"{number:06d}99999" for number in range(100)]
    (command,) = fill_commands(hundred, near)
    assert "station_ids" not in command, "all that the platform has"
    assert fill_commands(hundred, many)[1] == "./isotherm import --years 2017"


def test_airflow_is_asked_for_the_same_as_the_shell() -> None:
    (days,) = fills(["72530094846"], [(date(2014, 1, 5), date(2014, 1, 7))])
    assert (days.run_count, days.request.path) == (3, "/api/v2/backfills")
    assert days.request.body["from_date"] == "2014-01-05T00:00:00Z"
    assert days.request.body["to_date"] == "2014-01-07T00:00:00Z"
    assert days.request.body["dag_run_conf"] == {"station_ids": ["72530094846"]}
    (years,) = fills(["72530094846"], [(date(2013, 11, 1), date(2014, 2, 1))])
    assert (years.first_day, years.last_day) == (date(2013, 1, 1), date(2014, 12, 31))
    assert years.request.path == "/api/v2/dags/import_history/dagRuns"
    conf = {"first_year": 2013, "last_year": 2014, "dry_run": False, "station_ids": ["72530094846"]}
    assert years.request.body == {"logical_date": None, "conf": conf}
