"""NOAA's two addresses, played by two real servers on loopback."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from csv_rows import csv_file, line
from isotherm.archive.http_client import RetryPolicy
from isotherm.archive.noaa_archive import LABEL, NoaaArchive
from isotherm.archive.station_year import StationYear
from isotherm.datasets.dataset import Dataset
from isotherm.datasets.ghcnh.dataset import GHCNH
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.errors import SourceError
from real_files import real_root
from scripted_server import ScriptedServer, body, serve, status

CONTENT = csv_file(line())
OHARE = StationYear("72530094846", 2014, GLOBAL_HOURLY.name)
PATH = "/2014/72530094846.csv"
HISTORY = (
    b'"USAF","WBAN","STATION NAME","CTRY","STATE","ICAO","LAT","LON","ELEV(M)","BEGIN","END"\n'
    b'"725300","94846","O\'HARE","US","IL","KORD","+41.960","-087.932","","20120101","20230418"\n'
    b'"010010","99999","JAN MAYEN","NO","","ENJA","+70.933","-008.667","","20140601","20230417"\n'
    b'"999999","00001","NO PERIOD","US","","","","","","",""\n'
)


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[ScriptedServer]:
    with serve(tmp_path / "mirror") as running:
        yield running


@pytest.fixture
def ncei(tmp_path: Path) -> Iterator[ScriptedServer]:
    with serve(tmp_path / "ncei") as running:
        yield running


@pytest.fixture
def dataset(mirror: ScriptedServer, ncei: ScriptedServer) -> Dataset:
    """Global-hourly at two addresses of ours."""
    urls = (mirror.url, ncei.url)
    layout = replace(
        GLOBAL_HOURLY.layout,
        noaa_access_urls=urls,
        noaa_station_list_urls=tuple(f"{url}/isd-history.csv" for url in urls),
    )
    return replace(GLOBAL_HOURLY, layout=layout)


@pytest.fixture
def archive(dataset: Dataset) -> Iterator[NoaaArchive]:
    policy = RetryPolicy(attempts=2, first_pause_s=0.01, longest_pause_s=0.02)
    opened = NoaaArchive(policy, [dataset])
    yield opened
    opened.close()


def _origin(archive: NoaaArchive, target: Path) -> str:
    fetched = archive.fetch(OHARE, target)
    assert fetched is not None
    return fetched.origin


def test_the_mirror_is_asked_first_and_alone_when_it_has_the_file(
    archive: NoaaArchive, mirror: ScriptedServer, ncei: ScriptedServer, tmp_path: Path
) -> None:
    mirror.script[PATH] = [body(CONTENT)]
    assert _origin(archive, tmp_path / "x.csv.gz") == mirror.url + PATH
    assert ncei.paths() == []


@pytest.mark.parametrize("code", [404, 403, 500])
def test_ncei_is_asked_where_the_mirror_has_nothing_or_fails(
    archive: NoaaArchive, mirror: ScriptedServer, ncei: ScriptedServer, tmp_path: Path, code: int
) -> None:
    mirror.script[PATH] = [status(code)] * 2
    ncei.script[PATH] = [body(CONTENT)]
    assert _origin(archive, tmp_path / "x.csv.gz") == ncei.url + PATH


@pytest.mark.parametrize("code", [404, 500])
def test_what_ncei_does_not_have_does_not_exist(
    archive: NoaaArchive, mirror: ScriptedServer, ncei: ScriptedServer, tmp_path: Path, code: int
) -> None:
    mirror.script[PATH] = [status(code)] * 2
    ncei.script[PATH] = [status(404)]
    assert archive.fetch(OHARE, tmp_path / "x.csv.gz") is None
    # NOAA's own files are never gzipped: nothing else is asked for.
    assert ncei.paths() == [PATH]


def test_a_failure_of_ncei_is_an_error_even_where_the_mirror_says_there_is_no_file(
    archive: NoaaArchive, mirror: ScriptedServer, ncei: ScriptedServer, tmp_path: Path
) -> None:
    mirror.script[PATH] = [status(404)]
    ncei.script[PATH] = [status(503)] * 2
    with pytest.raises(SourceError, match="answered 503"):
        archive.fetch(OHARE, tmp_path / "x.csv.gz")


def test_a_first_visit_is_twenty_stations_of_ghcnh_this_year_and_the_last() -> None:
    archive = NoaaArchive(today=lambda: date(2027, 1, 1))
    found = archive.list_first_visit(GHCNH)
    archive.close()
    assert len({one.station_id for one in found}) == 20
    assert {one.year for one in found} == {2026, 2027}
    assert len(found) == 40
    assert archive.list_first_visit(GLOBAL_HOURLY) == []
    assert not archive.is_simulated
    assert archive.label == LABEL


def test_the_stations_of_a_first_visit_are_in_noaas_list_on_every_continent() -> None:
    content = (real_root() / f"{GHCNH.layout.station_list_path}.gz").read_bytes()
    listed = {one.station.station_id: one.station for one in GHCNH.read_station_list(content)}
    assert GHCNH.first_visit is not None
    visited = [listed[one] for one in GHCNH.first_visit.station_ids]
    places = [(one.latitude_deg or 0.0, one.longitude_deg or 0.0) for one in visited]
    boxes = {
        "Europe": (35, 72, -12, 40), "North America": (15, 72, -170, -60), "Africa": (-35, 35, -17, 45),
        "South America": (-56, 12, -82, -34), "Asia": (1, 75, 50, 150),
        "Oceania": (-47, -10, 110, 180), "Antarctica": (-90, -60, -180, 180),
    }  # fmt: skip
    for name, (south, north, west, east) in boxes.items():
        inside = [one for one in places if south <= one[0] <= north and west <= one[1] <= east]
        assert inside, name


def test_years_are_listed_from_the_station_lists_periods_read_once(
    archive: NoaaArchive, dataset: Dataset, mirror: ScriptedServer, ncei: ScriptedServer
) -> None:
    mirror.script["/isd-history.csv"] = [status(500)] * 2
    ncei.script["/isd-history.csv"] = [body(HISTORY)]
    assert archive.list_station_years(dataset, 2013, 2014) == [
        StationYear("01001099999", 2014, GLOBAL_HOURLY.name),
        StationYear("72530094846", 2013, GLOBAL_HOURLY.name),
        StationYear("72530094846", 2014, GLOBAL_HOURLY.name),
    ]
    assert len(archive.list_station_years(dataset, 2023, 2024)) == 2
    assert archive.list_station_years(dataset, 1901, 1950) == []
    assert ncei.paths() == ["/isd-history.csv"]


def test_noaa_is_reachable_when_either_address_answers(
    archive: NoaaArchive, mirror: ScriptedServer, tmp_path: Path
) -> None:
    reason = archive.unreachable_reason() or ""
    assert reason.startswith("NOAA cannot be reached. ")
    assert reason.count("answered 404") == 2
    assert mirror.paths() == ["/isd-history.csv"]
    known = tmp_path / "ncei/isd-history.csv"
    known.parent.mkdir(parents=True, exist_ok=True)
    known.write_bytes(HISTORY)
    # Both are asked at once, and the first answer is enough: the mirror's may come or not.
    assert archive.unreachable_reason() is None
