"""The words of a choice of stations: read alike everywhere, joined by and, refused with an example."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isotherm.areas import Box, Circle, ElevationBand
from isotherm.errors import ChoiceError
from isotherm.station import Station
from isotherm.station_choice import Record, StationChoice, choose, said_of_stations

OSLO = Station("OSLO0000001", "OSLO", "NO", latitude_deg=59.9, longitude_deg=10.7, elevation_m=94)
FINSE = Station("FINSE000001", "FINSE", "NO", latitude_deg=60.6, longitude_deg=7.5, elevation_m=1210)
ZURICH = Station("ZURICH00001", "ZURICH", "SZ", latitude_deg=47.4, longitude_deg=8.6, elevation_m=556)
NADI = Station("NADI0000001", "NADI", "FJ", latitude_deg=-17.8, longitude_deg=177.4, elevation_m=18)
NOWHERE = Station("NOWHERE0001", "NOWHERE", "NO")
ALL = (OSLO, FINSE, ZURICH, NADI, NOWHERE)


def taken(**words: Any) -> list[str]:  # noqa: ANN401 - as of a form
    choice = StationChoice.read(**words)
    return [str(one.name) for one in ALL if choice.takes(one)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({}, ["OSLO", "FINSE", "ZURICH", "NADI", "NOWHERE"]),
        ({"country": "Norway"}, ["OSLO", "FINSE", "NOWHERE"]),
        ({"box": "0,40,20,70"}, ["OSLO", "FINSE", "ZURICH"]),
        ({"box": "170,-50,-170,0"}, ["NADI"]),
        ({"near": "60,10", "radius_km": 200}, ["OSLO", "FINSE"]),
        ({"near": "60,10"}, ["OSLO", "FINSE", "ZURICH", "NADI"]),
        ({"elevation": "556,"}, ["FINSE", "ZURICH"]),
        ({"elevation": ",94"}, ["OSLO", "NADI"]),
        ({"elevation": "90, 600"}, ["OSLO", "ZURICH"]),
        ({"country": "NO", "elevation": "1000,"}, ["FINSE"]),
        ({"country": "NO", "box": "0,40,20,50"}, []),
    ],
)
def test_all_that_is_said_has_to_hold(words: dict[str, Any], expected: list[str]) -> None:
    assert taken(**words) == expected


@pytest.mark.parametrize(
    ("words", "field", "why"),
    [
        ({"box": "1,2,3"}, "box", "west,south,east,north in degrees.*as -10,50,30,72"),
        ({"box": "0,70,10,60"}, "box", "Not a box: '0,70,10,60'"),
        ({"box": "0,-91,1,0"}, "box", "Not a box"),
        ({"box": "nan,0,1,1"}, "box", "Not a box"),
        ({"near": "here"}, "near", "latitude,longitude in degrees"),
        ({"near": "91,0"}, "near", "Not a position"),
        ({"near": "0,0\n"}, "near", "Not a position"),
        ({"near": "0,0", "radius_km": 0}, "radius_km", "Not a radius"),
        ({"radius_km": 5}, "radius_km", "give `near` too"),
        ({"elevation": "9,1"}, "elevation", "from,to in metres.*as 1000,2000 or 1500, or ,0"),
        ({"elevation": ","}, "elevation", "Not an elevation band"),
        ({"elevation": "100"}, "elevation", "Not an elevation band"),
        ({"count": 0}, "count", "from 1 to 50000"),
        ({"ids": "KO"}, "ids", "Not station ids: KO. .*ICAO, IATA or WMO"),
        ({"ids": ["KORD", "O'HARE"]}, "ids", "Not station ids: O'HARE"),
        ({"ids": "KORD;ENJA"}, "ids", "Not station ids: KORD;ENJA"),
        ({"country": "Norwai"}, "country", "Did you mean Norway"),
        ({"country": ""}, "country", "No country ''"),
    ],
)
def test_a_word_that_cannot_be_read_is_refused_by_its_name_with_what_is_accepted(
    words: dict[str, Any], field: str, why: str
) -> None:
    with pytest.raises(ChoiceError, match=why) as refused:
        StationChoice.read(**words)
    assert refused.value.field == field


def test_ids_are_a_list_or_a_text_each_once_in_the_case_they_were_typed() -> None:
    expected = ("01001099999", "kord")
    assert StationChoice.read(ids="01001099999, kord kord").ids == expected
    assert StationChoice.read(ids=["01001099999", "kord"]).ids == expected


def test_a_form_that_opens_says_nothing() -> None:
    form = dict.fromkeys(("station_ids", "country", "box", "near", "radius_km", "elevation"), None)
    assert StationChoice.of_form({**form, "station_count": None, "dry_run": True}).is_empty
    assert StationChoice.of_form({}).is_empty
    assert said_of_stations({**form, "station_count": 3, "speed": 0}) == {"station_count": 3}


def test_a_choice_is_told_with_its_country_spelled_out() -> None:
    choice = StationChoice.read(
        ids="KORD", country="AU", box="0,1,2,3", near="1,2", radius_km=5, elevation="7,", count=9
    )
    assert choice.describe() == (
        "stations KORD, in Australia (AU), in the box 0,1,2,3, nearest to 1,2, within 5 km, "
        "at elevations from 7 m, at most 9"
    )
    assert choice.notes == ("AU is Australia, by ISO 3166; Austria, which NOAA calls AU, is AT.",)
    assert StationChoice().describe() == "the stations the platform has"


def record(hours: int, of: int) -> Record:
    first = datetime(2014, 1, 1, 0, 51, tzinfo=UTC)
    return Record(True, hours, first, first + timedelta(hours=of - 1))


def test_the_most_complete_come_first_then_those_with_more_hours_then_unknown_ones_by_years() -> None:
    records = {
        OSLO: record(99, 100), FINSE: record(500, 500), ZURICH: record(100, 100),
        NADI: Record(year_count=2), NOWHERE: Record(year_count=9),
    }  # fmt: skip
    offered = {one.station_id: (one, found) for one, found in records.items()}
    names = [offered[one][0].name for one in choose(StationChoice(), offered)]
    assert names == ["FINSE", "ZURICH", "OSLO", "NOWHERE", "NADI"]
    assert choose(StationChoice.read(count=2), offered) == [FINSE.station_id, ZURICH.station_id]


def test_the_nearest_come_first_and_a_count_takes_these() -> None:
    offered = {one.station_id: (one, Record()) for one in ALL}
    near = StationChoice.read(near="59.9,10.7")
    names = [offered[one][0].name for one in choose(near, offered)]
    assert names == ["OSLO", "FINSE", "ZURICH", "NADI"]
    assert choose(StationChoice.read(near="-18,-178", count=1), offered) == [NADI.station_id]


def test_equals_are_spread_over_the_world_and_the_same_each_time() -> None:
    offered = {f"AA{n:09d}": (Station(f"AA{n:09d}"), Record(year_count=1)) for n in range(300)}
    chosen = choose(StationChoice.read(count=100), offered)
    assert chosen == choose(StationChoice.read(count=100), dict(reversed(offered.items())))
    assert sorted(chosen) != list(offered)[:100]


DEGREES = st.floats(-180, 180).map(lambda value: round(value, 3))
LATITUDES = st.floats(-90, 90).map(lambda value: round(value, 3))


@given(DEGREES, LATITUDES, DEGREES, LATITUDES)
def test_a_box_holds_its_own_corners_and_is_read_as_it_is_written(
    west: float, south: float, east: float, north: float
) -> None:
    box = Box(west, min(south, north), east, max(south, north))
    for corner in ((box.south, west), (box.north, west), (box.south, east), (box.north, east)):
        assert box.contains(*corner)
    text = f"{west:.3f},{box.south:.3f},{east:.3f},{box.north:.3f}"
    assert Box.read(text) == box


@given(LATITUDES, DEGREES, LATITUDES, DEGREES)
def test_a_circle_is_as_wide_as_its_radius_whichever_way_round(
    latitude: float, longitude: float, other_latitude: float, other_longitude: float
) -> None:
    one, other = Circle(latitude, longitude), Circle(other_latitude, other_longitude)
    away = one.distance_km(other_latitude, other_longitude)
    back = other.distance_km(latitude, longitude)
    assert away == pytest.approx(back, abs=1e-6)
    assert 0 <= (away or 0) <= 20_016


def test_positions_are_read_as_numbers() -> None:
    assert Box.read("-10,35,30,60") == Box(-10, 35, 30, 60)
    assert Circle.read("41.98, -87.9", 5) == Circle(41.98, -87.9, 5)


def test_an_open_band_has_no_end() -> None:
    assert ElevationBand.read("-430,") == ElevationBand(-430, None)
    assert ElevationBand.read(",-0.5") == ElevationBand(None, -0.5)
    assert not ElevationBand.read("0,10").contains(None)
