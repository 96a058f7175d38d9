"""Older ids find their newer one by code and nearness, and never by a code alone."""

import csv
import gzip
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from isotherm.cross_walk import Via, cross_walk, distance_km
from isotherm.datasets.ghcnh.station_list import read_station_list
from isotherm.datasets.global_hourly.station_history import read_station_history
from isotherm.station import Station
from real_files import real_root

JFK = Station("74486094789", latitude_deg=40.639, longitude_deg=-73.764, icao="KJFK")


def at(station_id: str, north_km: float = 0.0, **codes: str) -> Station:
    """A station so many kilometres north of JFK."""
    north = 40.639 + north_km / 111.195
    return Station(station_id, latitude_deg=north, longitude_deg=-73.764, **codes)


def test_a_code_counts_within_ten_kilometres_only() -> None:
    walk = cross_walk([JFK], [at("USW00000001", 9.9, icao="KJFK")])
    assert walk.matches[JFK.station_id].via is Via.ICAO
    walk = cross_walk([JFK], [at("USI0000KJFK", 10.1, icao="KJFK")])
    assert walk.unmatched == (JFK.station_id,)
    (conflict,) = walk.conflicts
    assert (conflict.newer_id, conflict.via, round(conflict.distance_km)) == (
        "USI0000KJFK",
        Via.ICAO,
        10,
    )


def test_wban_is_asked_first_then_icao_then_wmo_then_the_nearest() -> None:
    newer = [
        at("USW00094789", 5),
        at("USI0000KJFK", 0.5, icao="KJFK"),
        at("USM00074486", 0.2, wmo="74486"),
        at("USU0000NEAR", 0.1),
    ]
    ways = []
    while newer:
        match = cross_walk([JFK], newer).matches[JFK.station_id]
        ways.append(match.via)
        newer = [one for one in newer if one.station_id != match.station_id]
    # Its USAF number, 744860, is the WMO's.
    assert ways == [Via.WBAN, Via.ICAO, Via.WMO, Via.NEAR]


def test_without_a_code_a_kilometre_is_too_far() -> None:
    assert cross_walk([JFK], [at("USU00000000", 1.01)]).unmatched == (JFK.station_id,)
    assert cross_walk([JFK], [at("USU00000000", 0.99)]).matches


def test_a_station_without_a_position_matches_nothing() -> None:
    walk = cross_walk([Station("74486094789", icao="KJFK")], [at("USW00094789", icao="KJFK")])
    assert walk.unmatched == ("74486094789",)


@example(89.9, 10.0, 0.9, 1.57)
@example(-89.5, 179.99, 0.9, 1.57)
@given(st.floats(-89.9, 89.9), st.floats(-180, 180), st.floats(0, 0.95), st.floats(0, 6.28))
def test_the_nearest_is_found_everywhere_on_the_globe(
    north: float, east: float, away_km: float, bearing: float
) -> None:
    from math import cos, radians, sin

    other_north = north + away_km * cos(bearing) / 111.2
    other_east = east + away_km * sin(bearing) / (111.2 * cos(radians(north)))
    other_east = (other_east + 180) % 360 - 180
    older = Station("00000099999", latitude_deg=north, longitude_deg=east)
    newer = Station("XXU00000000", latitude_deg=other_north, longitude_deg=other_east)
    away = distance_km(older, newer)
    assert away is not None
    found = cross_walk([older], [newer]).matches
    assert bool(found) == (away <= 1.0)


@pytest.fixture(scope="module")
def published() -> dict[str, tuple[str, str]]:
    """A cross-walk made by others from the same lists: newer id and way by older id."""
    with gzip.open(real_root() / "ghcnh/isd_to_ghcnh_2026-06.csv.gz", "rt") as file:
        return {row["isd"]: (row["ghcnh"], row["via"]) for row in csv.DictReader(file)}


def test_the_real_lists_agree_with_the_published_cross_walk(
    published: dict[str, tuple[str, str]],
) -> None:
    root = real_root()
    older = read_station_history((root / "pub/data/noaa/isd-history.csv.gz").read_bytes())
    active = [one.station for one in older if one.last_day and one.last_day.isoformat() >= "2023-01-03"]
    listed = root / "oa/global-historical-climatology-network/hourly/doc/ghcnh-station-list.csv.gz"
    walk = cross_walk(active, [one.station for one in read_station_list(listed.read_bytes())])
    same = sum(
        walk.matches[one].station_id == newer
        for one, (newer, _) in published.items()
        if one in walk.matches
    )
    ways = Counter(one.via for one in walk.matches.values())
    assert len(active) == len(walk.matches) + len(walk.unmatched) == 13_091
    assert abs(len(walk.matches) - len(published)) <= 10
    # Others differ by twins at one place, of which either is right.
    assert same >= 11_540
    assert all(one.distance_km <= 10 for one in walk.matches.values())
    assert ways[Via.WBAN] > 2_000
    assert ways[Via.NEAR] < 1_300
