"""Which stations a run takes: the same ones each time, known ones first, and nothing it cannot read."""

from datetime import date

import pytest

from isotherm.archive.station_year import StationYear
from isotherm.datasets.global_hourly import NAME as GLOBAL_HOURLY
from isotherm.errors import SettingsError
from isotherm.ingest.selection import (
    StationChoice,
    asked_day,
    choose_stations,
    parse_box,
    plan_station_years,
)
from isotherm.station import Station

IDS = [f"{number:06d}99999" for number in range(1, 301)]
LISTING = [StationYear(one, 2014, GLOBAL_HOURLY) for one in IDS]


def test_without_a_choice_the_known_stations_are_taken() -> None:
    known = {IDS[7], IDS[3], "99999999999"}
    assert choose_stations(StationChoice(), LISTING, known=known) == [IDS[3], IDS[7]]


def test_without_a_choice_no_others_take_the_place_of_known_stations_without_a_file() -> None:
    assert choose_stations(StationChoice(), LISTING, known={"99999999999"}) == []


def test_without_a_choice_and_without_known_stations_a_hundred_are_taken() -> None:
    chosen = choose_stations(StationChoice(), LISTING)
    assert len(chosen) == 100
    assert chosen == choose_stations(StationChoice(), list(reversed(LISTING)))
    assert chosen != IDS[:100], "in order of their ids the first hundred are all of one country"


def test_a_count_takes_known_stations_first_then_those_with_most_years() -> None:
    listing = [
        *LISTING,
        StationYear(IDS[200], 2015, GLOBAL_HOURLY),
        StationYear(IDS[100], 2015, GLOBAL_HOURLY),
    ]
    chosen = choose_stations(StationChoice(count=3), listing, known={IDS[5]})
    assert chosen == [IDS[5], IDS[100], IDS[200]]


def test_ids_win_and_are_taken_whether_a_list_knows_them_or_not() -> None:
    choice = StationChoice.from_form(ids=["A0000253848", IDS[2]], count=1, country="NO")
    assert choose_stations(choice, LISTING) == [IDS[2], "A0000253848"]


@pytest.mark.parametrize(
    "text", ["01001099999 72530094846", "01001099999,72530094846", " 01001099999,\n72530094846 "]
)
def test_ids_may_be_written_in_a_row(text: str) -> None:
    assert StationChoice.from_form(ids=text).ids == ("01001099999", "72530094846")


@pytest.mark.parametrize("wrong", ["1001099999", "010010999999", "JANMAYEN"])
def test_an_id_that_is_none_is_refused_with_what_is_accepted(wrong: str) -> None:
    with pytest.raises(SettingsError, match="11 characters"):
        StationChoice.from_form(ids=[wrong])


def test_a_country_and_a_box_need_a_position() -> None:
    places = {
        IDS[0]: Station(IDS[0], country="NO", latitude_deg=60, longitude_deg=10),
        IDS[1]: Station(IDS[1], country="NO", latitude_deg=78, longitude_deg=15),
        IDS[2]: Station(IDS[2], country="NO"),
        IDS[3]: Station(IDS[3], country="US", latitude_deg=60, longitude_deg=10),
    }
    box = StationChoice.from_form(country="no", box="0,55,20,70")
    assert choose_stations(box, LISTING, places=places) == [IDS[0]]
    country = StationChoice.from_form(country="NO")
    assert choose_stations(country, LISTING, places=places) == IDS[:3]


def test_a_box_may_cross_the_date_line() -> None:
    box = parse_box("170,-50,-170,-30")
    assert box.contains(Station(IDS[0], latitude_deg=-40, longitude_deg=175))
    assert box.contains(Station(IDS[0], latitude_deg=-40, longitude_deg=-175))
    assert not box.contains(Station(IDS[0], latitude_deg=-40, longitude_deg=0))


@pytest.mark.parametrize("text", ["1,2,3", "a,b,c,d", "0,70,10,60", "-200,0,0,1", "0,-91,1,0"])
def test_a_box_that_is_none_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SettingsError, match="west,south,east,north"):
        parse_box(text)


def test_files_are_planned_in_the_order_of_years() -> None:
    listing = [
        StationYear(one, year, GLOBAL_HOURLY) for year in (2015, 1901, 2014) for one in IDS[:150]
    ]
    plan = plan_station_years(IDS[:100], listing, years=range(1901, 2016), datasets=[GLOBAL_HOURLY])
    assert [one.year for one in plan] == [1901] * 100 + [2014] * 100 + [2015] * 100
    assert [one.station_id for one in plan[:100]] == IDS[:100]


def test_a_station_no_list_knows_is_asked_for_in_each_year_and_dataset() -> None:
    unknown = "A0000253848"
    plan = plan_station_years(
        [IDS[0], unknown], LISTING, years=range(2013, 2015), datasets=["global-hourly", "ghcnh"]
    )
    asked = [(one.year, one.dataset) for one in plan if one.station_id == unknown]
    assert asked == [(year, dataset) for year in (2013, 2014) for dataset in ("ghcnh", "global-hourly")]
    assert [one for one in plan if one.station_id == IDS[0]] == [LISTING[0]]


def test_a_runs_own_day_counts_before_the_forms() -> None:
    assert asked_day("2014-01-05", "2020-02-02") == date(2014, 1, 5)
    assert asked_day(None, "1901-06-01") == date(1901, 6, 1)
    assert asked_day(None, None) is None
