"""Which files a choice takes: places once, the same ones each time, and typed ids always."""

from dataclasses import replace
from datetime import date

import pytest

from isotherm.archive.station_year import StationYear
from isotherm.datasets.global_hourly import NAME as GLOBAL_HOURLY
from isotherm.errors import ChoiceError
from isotherm.ingest.selection import Offer, asked_day, choose_stations, plan_station_years
from isotherm.station import Station
from isotherm.station_choice import Record, StationChoice

GHCNH = "ghcnh"
IDS = [f"{number:06d}99999" for number in range(1, 301)]
LISTING = [StationYear(one, 2014, GLOBAL_HOURLY) for one in IDS]
KNOWN = Record(is_known=True)
OHARE, OHARE_ISD = "USW00094846", "72530094846"
BEFORE, SINCE, ELSEWHERE = "USM00000001", "USM00000002", "USM00000003"


def known(*station_ids: str) -> dict[str, Record]:
    return dict.fromkeys(station_ids, KNOWN)


def chosen(choice: StationChoice, offer: Offer) -> list[str]:
    return list(choose_stations(choice, offer).station_ids)


def test_without_a_choice_the_known_stations_are_taken() -> None:
    offer = Offer(LISTING, known(IDS[7], IDS[3], "99999999999"))
    assert chosen(StationChoice(), offer) == [IDS[3], IDS[7]]


def test_without_a_choice_no_others_take_the_place_of_known_stations_without_a_file() -> None:
    assert chosen(StationChoice(), Offer(LISTING, known("99999999999"))) == []


def test_without_a_choice_and_without_known_stations_a_hundred_are_taken() -> None:
    found = chosen(StationChoice(), Offer(LISTING))
    assert len(found) == 100
    assert found == chosen(StationChoice(), Offer(list(reversed(LISTING))))
    assert found != IDS[:100], "in order of their ids the first hundred are all of one country"


def test_a_count_takes_known_stations_first_then_those_with_most_years() -> None:
    more = [StationYear(IDS[number], 2015, GLOBAL_HOURLY) for number in (200, 100)]
    offer = Offer([*LISTING, *more], known(IDS[5]))
    assert chosen(StationChoice(count=3), offer) == [IDS[5], IDS[100], IDS[200]]


def test_whatever_else_is_said_without_a_count_all_that_fit_are_taken() -> None:
    stations = {one: Station(one, country="NO") for one in IDS[:250]}
    offer = Offer(LISTING, known(IDS[0]), stations)
    assert chosen(StationChoice.read(country="Norway"), offer) == IDS[:250]


def test_typed_ids_are_taken_whether_a_list_knows_them_or_not() -> None:
    choice = StationChoice.read(ids=["A0000253848", IDS[2]])
    found = choose_stations(choice, Offer(LISTING))
    assert found.station_ids == (IDS[2], "A0000253848")
    assert found.typed == {"A0000253848": ("A0000253848",), IDS[2]: (IDS[2],)}


def test_typed_ids_that_are_not_where_the_choice_wants_them_are_told() -> None:
    stations = {one: Station(one, country="NO" if one == IDS[0] else "SW") for one in IDS}
    choice = StationChoice.read(ids=[IDS[0], IDS[1], "A0000253848"], country="Norway")
    found = choose_stations(choice, Offer(LISTING, {}, stations))
    assert found.station_ids == (IDS[0],)
    assert found.left_out == (IDS[1], "A0000253848")


AIRPORTS = {
    OHARE: Station(OHARE, "O'HARE", "US", icao="KORD", latitude_deg=41.995, longitude_deg=-87.9336),
    OHARE_ISD: Station(OHARE_ISD, "CHICAGO O'HARE", "US", icao="KORD"),
    BEFORE: Station(BEFORE, "OLD FIELD", "US", icao="KOLD", wmo="72001"),
    SINCE: Station(SINCE, "NEW FIELD", "US", icao="KOLD", wmo="72002"),
    ELSEWHERE: Station(ELSEWHERE, "FAR FIELD", "US", icao="KFAR", wmo="72002"),
}
OFFER = Offer(
    [
        StationYear(OHARE, 2014, GHCNH),
        StationYear(OHARE_ISD, 2014, GLOBAL_HOURLY),
        StationYear(OHARE_ISD, 2013, GLOBAL_HOURLY),
        StationYear(SINCE, 2014, GHCNH),
        StationYear(ELSEWHERE, 2014, GHCNH),
    ],
    stations=AIRPORTS,
    place_of={OHARE_ISD: OHARE},
)


@pytest.mark.parametrize(
    "typed", [OHARE, OHARE_ISD, "KORD", "kord", "ORD", "725300-94846", OHARE.lower()]
)
def test_a_place_is_one_choice_however_it_is_called_and_each_dataset_is_asked_for_its_own(
    typed: str,
) -> None:
    found = choose_stations(StationChoice.read(ids=typed), OFFER)
    assert found.places == (OHARE,)
    assert found.station_ids == (OHARE_ISD, OHARE)
    assert found.typed == {typed: (OHARE_ISD, OHARE)}


def test_a_count_counts_places() -> None:
    found = choose_stations(StationChoice(count=1), OFFER)
    assert (found.places, found.station_ids) == ((OHARE,), (OHARE_ISD, OHARE)), "most years"


def test_of_a_code_of_two_that_with_files_in_the_period_is_meant() -> None:
    assert choose_stations(StationChoice.read(ids="KOLD"), OFFER).places == (SINCE,)


def test_a_code_of_several_stations_names_them_all() -> None:
    both = rf"2 stations have the code 72002: NEW FIELD \({SINCE}\), FAR FIELD \({ELSEWHERE}\)"
    with pytest.raises(ChoiceError, match=both):
        choose_stations(StationChoice.read(ids="72002"), OFFER)


def test_a_known_place_without_a_file_in_the_period_is_asked_for_under_all_its_ids() -> None:
    before = replace(OFFER, listing=[StationYear(SINCE, 1931, GHCNH)])
    found = choose_stations(StationChoice.read(ids="KORD"), before)
    assert found.station_ids == (OHARE_ISD, OHARE)


@pytest.mark.parametrize("wrong", ["1001099999", "010010999999", "JANMAYEN", "XYZ"])
def test_what_is_neither_a_code_nor_an_id_is_refused_with_what_is_accepted(wrong: str) -> None:
    with pytest.raises(ChoiceError, match=f"No station {wrong}.*11 characters.*ICAO, IATA or WMO"):
        choose_stations(StationChoice.read(ids=[wrong]), OFFER)


def test_ids_that_differ_in_their_case_alone_are_told_apart_where_they_are_typed_in_full() -> None:
    listing = [StationYear(one, 2014, GHCNH) for one in ("AEU0-a00001", "AEU0-A00001")]
    assert chosen(StationChoice.read(ids="AEU0-a00001"), Offer(listing)) == ["AEU0-a00001"]
    with pytest.raises(ChoiceError, match="2 stations"):
        chosen(StationChoice.read(ids="aeu0-A00001"), Offer(listing))


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
