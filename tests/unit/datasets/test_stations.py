"""NOAA's station list, and what a station's own file says of it."""

import gzip
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csv_rows import csv_file, line
from isotherm.datasets.global_hourly.station_history import (
    ListedStation,
    read_station_history,
    station_from_file,
    write_station_history,
)
from isotherm.errors import SourceError
from isotherm.station import Station
from real_files import real_root, real_station_year

NAMES = '"USAF","WBAN","STATION NAME","CTRY","STATE","ICAO","LAT","LON","ELEV(M)","BEGIN","END"'


def _history(*rows: str) -> list[ListedStation]:
    return read_station_history("\n".join([NAMES, *rows, ""]).encode())


def test_a_line_of_the_list_becomes_a_station_and_its_period() -> None:
    (entry,) = _history(
        '"725300","94846","O\'HARE, CHICAGO","US","IL","KORD",'
        '"+41.960","-087.932","+0204.8","19461001","20230418"'
    )
    assert entry == ListedStation(
        Station("72530094846", "O'HARE, CHICAGO", "US", "IL", "KORD", 41.96, -87.932, 204.8),
        date(1946, 10, 1),
        date(2023, 4, 18),
    )


@pytest.mark.parametrize(
    "position", ['"",""', '"+00.000","+000.000"', '"+99.999","+000.000"', '"nan","+010.000"']
)
def test_a_position_that_says_nothing_is_unknown_and_the_elevation_is_kept(position: str) -> None:
    (entry,) = _history(f'"007026","99999","WXPOD 7026","AF","","",{position},"+7026.0","",""')
    assert (entry.station.latitude_deg, entry.station.longitude_deg) == (None, None)
    assert entry.station.elevation_m == 7026.0


@pytest.mark.parametrize("elevation", ["", "-0999.0", "+9999.0", "high"])
def test_an_unknown_elevation_is_none(elevation: str) -> None:
    (entry,) = _history(f'"010010","99999","","NO","","","+70.9","-008.7","{elevation}","",""')
    assert (entry.station.elevation_m, entry.station.name) == (None, None)


def test_of_lines_with_one_id_the_one_that_reaches_furthest_counts() -> None:
    old = '"007026","99999","OLD","","","","","","","20120101","20130101"'
    new = '"007026","99999","NEW","","","","","","","20140101","20170822"'
    for rows in ((old, new), (new, old)):
        assert [entry.station.name for entry in _history(*rows)] == ["NEW"]


def test_lines_without_an_id_are_passed_over_and_letters_are_ids() -> None:
    entries = _history(
        '"","","X","","","","","","","",""', '"A00002","43210","Y","","","","","","","",""'
    )
    assert [entry.station.station_id for entry in entries] == ["A0000243210"]


@pytest.mark.parametrize(
    ("names", "row"),
    [
        ("USAF,WBAN,STATION NAME,CTRY,ST,CALL,LAT,LON,ELEV(M),BEGIN,END",
         "010010,99999,JAN MAYEN,NO,,ENJA,+70.933,-008.667,+0009.0,19310101,20241231"),
        ("usaf, wban ,name,country,state,icao,latitude,longitude,elev,begin,end",
         "010010,99999,JAN MAYEN,NO,,ENJA,+70.933,-008.667,+0009.0,19310101,20241231"),
        ('END,BEGIN,"ELEV(M)",LON,LAT,ICAO,STATE,CTRY,"STATION NAME",WBAN,USAF,NEW',
         "20241231,19310101,9,-8.667,70.933,ENJA,,NO,JAN MAYEN,99999,010010,x"),
    ],
)  # fmt: skip
def test_a_list_with_other_headings_says_the_same(names: str, row: str) -> None:
    for end in ("\n", "\r\n", "\r"):
        (entry,) = read_station_history(end.join([names, row, ""]).encode())
        assert entry == ListedStation(
            Station("01001099999", "JAN MAYEN", "NO", None, "ENJA", 70.933, -8.667, 9.0),
            date(1931, 1, 1),
            date(2024, 12, 31),
        )


def test_of_a_list_only_the_ids_are_required() -> None:
    (entry,) = read_station_history(b"USAF,WBAN\n010010,99999\n")
    assert entry == ListedStation(Station("01001099999"), None, None)


def test_damaged_lines_of_a_list_cost_only_themselves() -> None:
    good = '"010010","99999","JAN MAYEN","NO","","ENJA","+70.9","-008.7","9","19310101","20241231"'
    entries = _history(
        '"725300","94846","O"HARE","US","IL","KORD","+41.9","-087.9","204","19461001","20230418"',
        '"725301","94846","not closed,"US","IL"',
        '"725302","94846","cut',
        "\x00\x00\xff",
        good.replace("010010", "010020"),
        "",
        good,
    )
    ids = [entry.station.station_id for entry in entries]
    assert {"01001099999", "01002099999"} <= set(ids)
    assert entries[ids.index("01001099999")].station.latitude_deg == 70.9


def test_what_fits_no_column_of_ours_is_cut_or_left_out() -> None:
    name = "X" * 500
    (entry,) = _history(
        f'"010010","99999","{name}","UNITED STATES","é","K/\x00","1e400","nan","1e9","99999999","0"'
    )
    assert entry == ListedStation(Station("01001099999", "X" * 120), None, None)
    station = station_from_file(csv_file(line(NAME=f"{name}, é1", CALL_SIGN="ÄÖÜÄ")), "x.csv")
    assert station is not None
    assert (station.name, station.country, station.icao) == ("X" * 120, None, None)


def test_another_file_is_refused() -> None:
    with pytest.raises(SourceError, match="not NOAA's station list"):
        read_station_history(csv_file(line()))


def test_the_whole_real_list_is_read() -> None:
    content = (real_root() / "pub/data/noaa/isd-history.csv.gz").read_bytes()
    entries = {entry.station.station_id: entry for entry in read_station_history(content)}
    assert len(entries) == 29632
    assert entries["01001099999"].station == Station(
        "01001099999", "JAN MAYEN(NOR-NAVY)", "NO", None, "ENJA", 70.933, -8.667, 9.0
    )
    assert entries["00702699999"].station.latitude_deg is None


def test_the_name_in_a_file_keeps_its_comma_and_gives_the_country() -> None:
    content = csv_file(line(NAME="JAN MAYEN NOR NAVY, NO", CALL_SIGN="99999"))
    station = station_from_file(content, "x.csv")
    assert station == Station(
        "72530094846", "JAN MAYEN NOR NAVY, NO", "NO", None, None, 41.995, -87.934, 205.0
    )


def test_the_last_row_of_a_file_describes_the_station() -> None:
    content = csv_file(line(LATITUDE="10.0", NAME="OLD, FI"), line(LATITUDE="11.5"), "garbage", "")
    for packed in (content, gzip.compress(content)):
        station = station_from_file(packed, "x.csv")
        assert station is not None
        assert (station.latitude_deg, station.country, station.state, station.icao) == (
            11.5,
            "US",
            "IL",
            "KORD",
        )


def test_a_long_file_is_described_by_its_last_readable_row_wherever_that_is() -> None:
    rows = [line(NAME=f"PLACE {number:05d}, FI") for number in range(500)]
    for garbage in (0, 3, 5000):
        station = station_from_file(csv_file(*rows, *["Q1015,,,,,,"] * garbage), "x.csv")
        assert station is not None
        assert (station.name, station.country) == ("PLACE 00499, FI", "FI")


def test_a_row_with_another_number_of_cells_describes_nothing() -> None:
    station = station_from_file(csv_file(line(LATITUDE="10.0"), line() + ","), "x.csv")
    assert station is not None
    assert station.latitude_deg == 10.0


def test_a_file_without_a_readable_row_describes_nothing() -> None:
    assert station_from_file(csv_file(), "x.csv") is None
    assert station_from_file(b"", "x.csv") is None


@pytest.mark.parametrize(
    ("station_id", "year", "name", "position"),
    [
        ("01001099999", 2024, "JAN MAYEN NOR NAVY, NO", (70.9333333, -8.6666667)),
        ("72530094846", 2014, "CHICAGO O'HARE INTERNATIONAL AIRPORT, IL US", (41.995, -87.934)),
        ("00702699999", 2017, "WXPOD 7026, AF", (None, None)),
    ],
)
def test_real_files_describe_their_stations(
    station_id: str, year: int, name: str, position: tuple[float | None, float | None]
) -> None:
    station = station_from_file(real_station_year(station_id, year).read_bytes(), "x")
    assert station is not None
    assert (station.station_id, station.name) == (station_id, name)
    assert (station.latitude_deg, station.longitude_deg) == position


_coordinates = st.tuples(st.integers(-90000, 90000), st.integers(-180000, 180000)).filter(any)
_names = st.none() | st.text("ABC, '\"()-", min_size=1, max_size=20).map(str.strip).map(
    lambda s: s or None
)


@given(st.integers(0, 99999), _names, st.none() | _coordinates, st.none() | st.integers(-4500, 89000))
def test_a_written_list_is_read_back_as_it_was(
    number: int, name: str | None, position: tuple[int, int] | None, decimetres: int | None
) -> None:
    latitude, longitude = (one / 1000 for one in position) if position else (None, None)
    elevation = None if decimetres is None else decimetres / 10
    station = Station(f"{number:06d}99999", name, "NO", None, None, latitude, longitude, elevation)
    entry = ListedStation(station, date(1931, 1, 1), None)
    assert read_station_history(write_station_history([entry])) == [entry]


def test_a_list_is_read_whatever_ends_its_lines_and_refused_where_it_is_cut() -> None:
    rows = [NAMES, *(f'"{number:06d}","99999","ONE, TWO"' + "," * 8 for number in range(1, 40)), ""]
    for ends in (["\n"], ["\r\n"], ["\r"], ["\r", "\n"], ["\r\n", "\r", "\n"]):
        text = (
            "".join(row + ends[place % len(ends)] for place, row in enumerate(rows)).strip() + ends[0]
        )
        assert len(read_station_history(text.encode())) == 39
        for cut in (1, 5, 60):
            with pytest.raises(SourceError, match="ends in the middle of a line"):
                read_station_history(text.rstrip()[:-cut].encode())
