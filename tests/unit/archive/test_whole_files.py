"""Only whole files are kept: cut ones and slow ones are faults, and the next address is asked."""

import gzip
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from csv_rows import csv_file, line
from isotherm.archive.directory_archive import DirectoryArchive
from isotherm.archive.http_archive import HttpArchive
from isotherm.archive.http_client import RetryPolicy
from isotherm.archive.noaa_archive import NoaaArchive
from isotherm.archive.station_year import StationYear
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.errors import SourceError
from scripted_server import Answer, ScriptedServer, body, drip, serve, status, trickle

POLICY = RetryPolicy(attempts=2, first_pause_s=0.01, longest_pause_s=0.02)
# For answers that are to be too slow: a busy machine makes good ones slow, too.
HASTY = replace(POLICY, lowest_rate_bytes_s=20_000, rate_window_s=0.3, longest_download_s=3.0)
TOO_SLOW = r"(bytes a second came, fewer than 20000|not whole after 3 s).*attempt 2"
ONE = StationYear("72530094846", 2014, GLOBAL_HOURLY.name)
PATH = "/data/global-hourly/access/2014/72530094846.csv"
CONTENT = csv_file(*[line(TMP=f"+{number:04d},1") for number in range(200)])
CUT = CONTENT[:-7]
# What the slow answers below take where nobody minds.
UNGUARDED_S = 60

CUT_ANSWERS: dict[str, Answer] = {
    "its length announced": body(CUT),
    "no length announced": body(CUT, announced=-1),
    "gzipped after it was cut": body(gzip.compress(CUT)),
    "cut after it was gzipped": body(gzip.compress(CONTENT)[:-9]),
    "cut inside the header": body(CONTENT[:100]),
    "one byte short": body(CONTENT[:-1]),
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ScriptedServer]:
    with serve(tmp_path / "served") as running:
        yield running


@pytest.fixture
def archive(server: ScriptedServer) -> Iterator[HttpArchive]:
    opened = HttpArchive(server.url, POLICY)
    yield opened
    opened.close()


@pytest.fixture
def hasty(server: ScriptedServer) -> Iterator[HttpArchive]:
    opened = HttpArchive(server.url, HASTY)
    yield opened
    opened.close()


@pytest.fixture
def second(tmp_path: Path) -> Iterator[ScriptedServer]:
    with serve(tmp_path / "second") as running:
        yield running


@pytest.mark.parametrize("how", CUT_ANSWERS)
def test_a_file_cut_in_the_middle_is_asked_for_again_and_then_refused(
    server: ScriptedServer, archive: HttpArchive, tmp_path: Path, how: str
) -> None:
    server.script[PATH] = [CUT_ANSWERS[how]] * 2
    target = tmp_path / "x.csv.gz"
    with pytest.raises(SourceError, match=r"middle of a line|cut off or damaged|no column") as raised:
        archive.fetch(ONE, target)
    assert "Gave up after attempt 2." in str(raised.value)
    assert server.paths() == [PATH] * 2
    assert list(tmp_path.glob("*x.csv*")) == []


@pytest.mark.parametrize("how", [*CUT_ANSWERS, "1 byte at a time"])
def test_where_the_first_address_fails_the_second_is_asked(
    server: ScriptedServer, second: ScriptedServer, tmp_path: Path, how: str
) -> None:
    layout = replace(GLOBAL_HOURLY.layout, noaa_access_urls=(server.url, second.url))
    fault = CUT_ANSWERS.get(how, trickle(CONTENT, bytes_at_once=1, pause_s=0.05))
    policy = POLICY if how in CUT_ANSWERS else HASTY
    archive = NoaaArchive(policy, [replace(GLOBAL_HOURLY, layout=layout)])
    path = "/2014/72530094846.csv"
    server.script[path] = [fault] * 2
    second.script[path] = [body(CONTENT)] * 2
    fetched = archive.fetch(ONE, tmp_path / "x.csv.gz")
    archive.close()
    assert fetched is not None
    assert fetched.origin == second.url + path
    assert gzip.decompress((tmp_path / "x.csv.gz").read_bytes()) == CONTENT


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_file_cut_in_a_directory_is_refused_and_taken_when_it_is_whole(
    tmp_path: Path, pack: type[bytes]
) -> None:
    suffix = "" if pack is bytes else ".gz"
    source = tmp_path / f"archive{PATH}{suffix}"
    source.parent.mkdir(parents=True)
    source.write_bytes(pack(CUT))
    archive = DirectoryArchive(tmp_path / "archive")
    with pytest.raises(SourceError, match="the file ends in the middle of a line") as raised:
        archive.fetch(ONE, tmp_path / "x.csv.gz")
    assert str(raised.value).startswith(str(source))
    assert not (tmp_path / "x.csv.gz").exists()
    source.write_bytes(pack(CONTENT))
    fetched = archive.fetch(ONE, tmp_path / "x.csv.gz")
    assert fetched is not None
    assert fetched.is_changed


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_whole_file_may_end_its_lines_in_any_way(
    server: ScriptedServer, archive: HttpArchive, tmp_path: Path, end: bytes
) -> None:
    server.script[PATH] = [body(CONTENT.replace(b"\n", end))]
    assert archive.fetch(ONE, tmp_path / "x.csv.gz") is not None


def test_a_byte_a_second_ends_as_a_fault_that_names_the_rate(
    server: ScriptedServer, hasty: HttpArchive, tmp_path: Path
) -> None:
    server.script[PATH] = [trickle(CONTENT, bytes_at_once=1, pause_s=0.1)] * 2
    began = time.monotonic()
    with pytest.raises(SourceError, match=TOO_SLOW):
        hasty.fetch(ONE, tmp_path / "x.csv.gz")
    assert time.monotonic() - began < UNGUARDED_S / 2
    assert list(tmp_path.glob("*.csv*")) == []


def test_a_slow_file_that_gets_faster_is_taken(
    server: ScriptedServer, hasty: HttpArchive, tmp_path: Path
) -> None:
    server.script[PATH] = [trickle(CONTENT, bytes_at_once=1, pause_s=0.1), body(CONTENT)]
    fetched = hasty.fetch(ONE, tmp_path / "x.csv.gz")
    assert fetched is not None
    assert fetched.is_changed


def test_a_file_that_never_ends_is_given_up_at_the_total_limit(
    server: ScriptedServer, tmp_path: Path
) -> None:
    policy = replace(POLICY, lowest_rate_bytes_s=1.0, longest_download_s=0.5)
    archive = HttpArchive(server.url, policy)
    server.script[PATH] = [trickle(CONTENT, bytes_at_once=100, pause_s=0.1)] * 2
    with pytest.raises(SourceError, match=r"not whole after 0\.5 s"):
        archive.fetch(ONE, tmp_path / "x.csv.gz")
    archive.close()


def test_index_pages_and_station_lists_have_the_same_limits(
    server: ScriptedServer, hasty: HttpArchive
) -> None:
    slow = trickle(b"x" * 5000, bytes_at_once=1, pause_s=0.1)
    server.script["/data/global-hourly/access/"] = [slow] * 2
    server.script["/pub/data/noaa/isd-history.csv"] = [slow] * 2
    with pytest.raises(SourceError, match=TOO_SLOW):
        hasty.list_first_visit(GLOBAL_HOURLY)
    with pytest.raises(SourceError, match=TOO_SLOW):
        hasty.read_station_list(GLOBAL_HOURLY)


DRIPS: dict[str, Answer] = {
    "headers": drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", times=600, pause_s=0.1),
    "one header": drip(b"HTTP/1.1 200 OK\r\nX: ", b"y", times=600, pause_s=0.1),
    "a redirect's body": drip(
        b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 600\r\n\r\n",
        b"x",
        times=600,
        pause_s=0.1,
    ),
    "the lengths of chunks": drip(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0", times=600, pause_s=0.1
    ),
}


@pytest.mark.parametrize("where", DRIPS)
def test_a_byte_now_and_then_ends_at_the_limit_wherever_it_comes(
    server: ScriptedServer, tmp_path: Path, where: str
) -> None:
    policy = replace(POLICY, connect_timeout_s=0.3, read_timeout_s=0.3, longest_download_s=0.6)
    archive = HttpArchive(server.url, policy)
    server.script[PATH] = [DRIPS[where]] * 2
    began = time.monotonic()
    with pytest.raises(
        SourceError, match=r"ReadTimeout: (not whole after 0\.6 s|timed out).*attempt 2"
    ):
        archive.fetch(ONE, tmp_path / "x.csv.gz")
    assert time.monotonic() - began < UNGUARDED_S / 2
    archive.close()


def test_whether_an_archive_answers_is_known_within_seconds(
    server: ScriptedServer, archive: HttpArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isotherm.archive.http_client._PROBE_TIMEOUT_S", 0.5)
    server.script["/data/global-hourly/access/"] = [DRIPS["headers"]]
    began = time.monotonic()
    assert "not whole after 0.5 s" in (archive.unreachable_reason() or "")
    assert time.monotonic() - began < UNGUARDED_S / 2


@pytest.mark.parametrize(
    "location",
    ["http://a..b/", f"http://{'a' * 64}.example/", "http://xn--/", "http://127.0.0.1:99999/"],
)
def test_where_an_address_leads_nowhere_the_next_is_asked(
    server: ScriptedServer, second: ScriptedServer, tmp_path: Path, location: str
) -> None:
    layout = replace(GLOBAL_HOURLY.layout, noaa_access_urls=(server.url, second.url))
    archive = NoaaArchive(POLICY, [replace(GLOBAL_HOURLY, layout=layout)])
    path = "/2014/72530094846.csv"
    server.script[path] = [status(302, Location=location)] * 2
    second.script[path] = [body(CONTENT)]
    fetched = archive.fetch(ONE, tmp_path / "x.csv.gz")
    archive.close()
    assert fetched is not None
    assert fetched.origin == second.url + path


STATIONS = b'"USAF","WBAN","STATION NAME"\n' + b'"725300","94846","CHICAGO"\n' * 40
INDEX = b'<html><body>\n<a href="2013/">2013/</a>\n<a href="2014/">2014/</a>\n</body></html>'


@pytest.mark.parametrize(
    "cut",
    [
        body(STATIONS[:-9]),
        body(gzip.compress(STATIONS)[:-9], Content_Encoding="gzip"),
        body(gzip.compress(STATIONS[:-9]), Content_Encoding="gzip"),
        body(gzip.compress(STATIONS)[:-9]),
    ],
)
def test_a_station_list_that_is_cut_is_asked_for_at_the_next_address(
    server: ScriptedServer, second: ScriptedServer, cut: Answer
) -> None:
    urls = (f"{server.url}/list", f"{second.url}/list")
    layout = replace(GLOBAL_HOURLY.layout, noaa_station_list_urls=urls)
    dataset = replace(GLOBAL_HOURLY, layout=layout)
    archive = NoaaArchive(POLICY, [dataset])
    server.script["/list"] = [cut] * 2
    second.script["/list"] = [body(STATIONS)]
    (entry,) = archive.read_station_list(dataset)
    archive.close()
    assert entry.station.name == "CHICAGO"


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (body(INDEX[:50]), "cut off"),
        (body(INDEX[:40]), "cut off"),
        (body(gzip.compress(INDEX)[:-9], Content_Encoding="gzip"), "cut off"),
        (body(b'<a href="2014/">2014/</a>\n<a href="20'), "cut off"),
        (body(b"<html><![x</html>"), "no index page"),
    ],
)
def test_an_index_page_that_is_cut_or_broken_is_a_fault_and_asked_for_again(
    server: ScriptedServer, archive: HttpArchive, page: Answer, why: str
) -> None:
    access = "/data/global-hourly/access/"
    server.script[access] = [page, page, page, body(INDEX)]
    with pytest.raises(SourceError, match=rf"{why}.*attempt 2"):
        archive.list_first_visit(GLOBAL_HOURLY)
    assert archive.list_first_visit(GLOBAL_HOURLY) == []
    assert server.paths().count(access) == 4


def test_a_publication_in_the_future_counts_as_the_download(
    server: ScriptedServer, archive: HttpArchive, tmp_path: Path
) -> None:
    server.script[PATH] = [body(CONTENT, Last_Modified="Fri, 01 Jan 2999 00:00:00 GMT")]
    source = tmp_path / f"archive{PATH}"
    source.parent.mkdir(parents=True)
    source.write_bytes(CONTENT)
    os.utime(source, (time.time() + 86_400,) * 2)
    for one in (archive, DirectoryArchive(tmp_path / "archive")):
        fetched = one.fetch(ONE, tmp_path / "x.csv.gz")
        assert fetched is not None
        assert fetched.published_at == fetched.downloaded_at


@pytest.mark.parametrize("modified_s", [-86_400, 253_402_300_800_000])
def test_an_impossible_modification_time_is_not_taken_for_a_publication(
    tmp_path: Path, modified_s: int
) -> None:
    source = tmp_path / f"archive{PATH}"
    source.parent.mkdir(parents=True)
    source.write_bytes(CONTENT)
    try:
        os.utime(source, (modified_s, modified_s))
    except (OverflowError, OSError):
        pytest.skip("this file system keeps no such time")
    fetched = DirectoryArchive(tmp_path / "archive").fetch(ONE, tmp_path / "x.csv.gz")
    assert fetched is not None
    assert fetched.published_at.year >= 1970
