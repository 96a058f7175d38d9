"""What a web archive lists, read from index pages; its station list; whether it answers at all."""

import gzip
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from csv_rows import csv_file, line
from isotherm.archive.http_archive import HttpArchive
from isotherm.archive.http_client import RetryPolicy
from isotherm.archive.station_year import StationYear
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.errors import SourceError
from scripted_server import ScriptedServer, body, serve

IMPATIENT = RetryPolicy(attempts=2, first_pause_s=0.01, longest_pause_s=0.02, connect_timeout_s=2)
OHARE = StationYear("72530094846", 2014, GLOBAL_HOURLY.name)
PATH = "/data/global-hourly/access/2014/72530094846.csv"
CONTENT = csv_file(line())
STATION_LIST = b"USAF,WBAN,STATION NAME\n725300,94846,O'HARE\n"


def test_index_pages_are_read_without_parent_and_sort_links(
    server: ScriptedServer, archive: HttpArchive
) -> None:
    root = "/data/global-hourly/access/"
    page = (
        '<a href="?C=N;O=D">Name</a> <a href="/data/global-hourly/">Parent</a> <a href="2013/">a</a>'
        f'<a href="{root}2014/">b</a> <a href="readme.txt">x</a> <a>none</a> <a href="201/">201/</a>'
    )
    files = (
        '<a href="../">..</a> <a href="72530094846.csv">a</a> <a href="A0000200001.csv.gz">b</a>'
        '<a href="http://[x/">?</a> <a href="./01001099999.csv?x=1">c</a> '
        '<a href="1001099999.csv">d</a> <a href="x.part">e</a>'
    )
    server.script[root] = [body(page.encode())]
    server.script[f"{root}2014/"] = [body(files.encode())]
    assert archive.list_station_years(GLOBAL_HOURLY, 2014, 2014) == [
        StationYear("01001099999", 2014, GLOBAL_HOURLY.name),
        StationYear("72530094846", 2014, GLOBAL_HOURLY.name),
        StationYear("A0000200001", 2014, GLOBAL_HOURLY.name),
    ]


def test_the_index_pages_of_pythons_own_server_are_read(
    archive: HttpArchive, publish: Callable[..., Path]
) -> None:
    publish(CONTENT)
    publish(gzip.compress(CONTENT), "/data/global-hourly/access/2013/01001099999.csv.gz")
    assert archive.list_first_visit(GLOBAL_HOURLY) == [
        StationYear("01001099999", 2013, GLOBAL_HOURLY.name),
        OHARE,
    ]
    assert archive.list_station_years(GLOBAL_HOURLY, 2014, 2024) == [OHARE]
    assert archive.list_station_years(GLOBAL_HOURLY, 1901, 1950) == []


def test_an_address_that_is_no_archive_says_what_one_is(server: ScriptedServer) -> None:
    archive = HttpArchive(f"{server.url}/elsewhere", IMPATIENT)
    with pytest.raises(
        SourceError, match=r"root under which .*by-year/ or data/global-hourly/access/ lies"
    ):
        archive.list_first_visit(GLOBAL_HOURLY)
    assert "answered 404" in (archive.unreachable_reason() or "")
    archive.close()


def test_an_archive_that_answers_no_head_is_reachable(
    server: ScriptedServer, archive: HttpArchive
) -> None:
    assert httpx.head(f"{server.url}/data/global-hourly/access/").status_code == 501
    assert archive.unreachable_reason() is None


def test_a_station_that_no_list_names_is_asked_for(
    server: ScriptedServer, archive: HttpArchive, target: Path
) -> None:
    server.script[PATH] = [body(CONTENT)]
    assert archive.list_first_visit(GLOBAL_HOURLY) == []
    assert archive.read_station_list(GLOBAL_HOURLY) == []
    assert archive.fetch(OHARE, target) is not None


@pytest.mark.parametrize(
    "address", ["http://[::1/x", "http://host:port/", "http://a b/", "http://\u2603../"]
)
def test_an_address_that_is_none_gives_a_plain_reason(address: str, tmp_path: Path) -> None:
    archive = HttpArchive(address, IMPATIENT)
    assert "no answer" in (archive.unreachable_reason() or "")
    with pytest.raises(SourceError, match="Check the network and the address"):
        archive.fetch(OHARE, tmp_path / "x.csv.gz")
    archive.close()


def test_a_server_that_is_away_gives_a_plain_reason_within_seconds(tmp_path: Path) -> None:
    with serve(tmp_path) as gone:
        url = gone.url
    archive = HttpArchive(url, IMPATIENT)
    assert "no answer" in (archive.unreachable_reason() or "")
    with pytest.raises(SourceError, match="Check the network"):
        archive.fetch(OHARE, tmp_path / "x.csv.gz")
    archive.close()


def test_the_station_list_is_found_plain_or_gzipped_or_is_none(
    archive: HttpArchive, publish: Callable[..., Path]
) -> None:
    assert archive.unreachable_reason() is None
    assert archive.read_station_list(GLOBAL_HOURLY) == []
    publish(gzip.compress(STATION_LIST), "/pub/data/noaa/isd-history.csv.gz")
    (entry,) = archive.read_station_list(GLOBAL_HOURLY)
    assert entry.station.station_id == "72530094846"


def test_a_station_list_sent_with_a_content_encoding_is_understood(
    server: ScriptedServer, archive: HttpArchive
) -> None:
    packed = body(gzip.compress(STATION_LIST), Content_Encoding="gzip")
    server.script["/pub/data/noaa/isd-history.csv"] = [packed]
    assert len(archive.read_station_list(GLOBAL_HOURLY)) == 1
