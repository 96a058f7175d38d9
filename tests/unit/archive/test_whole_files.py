"""Only whole files are kept: cut ones and slow ones are faults, and the next address is asked."""

import gzip
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from scripted_server import Answer, ScriptedServer, body, serve, trickle

from csv_rows import csv_file, line
from isotherm.archive.directory_archive import DirectoryArchive
from isotherm.archive.http_archive import HttpArchive
from isotherm.archive.http_client import RetryPolicy
from isotherm.archive.noaa_archive import NoaaArchive
from isotherm.archive.station_year import StationYear
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.errors import SourceError

POLICY = RetryPolicy(
    attempts=2,
    first_pause_s=0.01,
    longest_pause_s=0.02,
    lowest_rate_bytes_s=20_000,
    rate_window_s=0.3,
    longest_download_s=3.0,
)
ONE = StationYear("72530094846", 2014, GLOBAL_HOURLY.name)
PATH = "/data/global-hourly/access/2014/72530094846.csv"
CONTENT = csv_file(*[line(TMP=f"+{number:04d},1") for number in range(200)])
CUT = CONTENT[:-7]

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


@pytest.mark.parametrize(
    "fault", [*CUT_ANSWERS.values(), trickle(CONTENT, bytes_at_once=1, pause_s=0.05)],
    ids=[*CUT_ANSWERS, "1 byte at a time"],
)  # fmt: skip
def test_where_the_first_address_fails_the_second_is_asked(
    server: ScriptedServer, second: ScriptedServer, tmp_path: Path, fault: Answer
) -> None:
    layout = replace(GLOBAL_HOURLY.layout, noaa_access_urls=(server.url, second.url))
    archive = NoaaArchive(POLICY, [replace(GLOBAL_HOURLY, layout=layout)])
    path = "/2014/72530094846.csv"
    server.script[path] = [fault] * 2
    second.script[path] = [body(CONTENT)]
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
    server: ScriptedServer, archive: HttpArchive, tmp_path: Path
) -> None:
    server.script[PATH] = [trickle(CONTENT, bytes_at_once=1, pause_s=0.1)] * 2
    began = time.monotonic()
    with pytest.raises(SourceError, match=r"bytes a second came, fewer than 20000.*attempt 2"):
        archive.fetch(ONE, tmp_path / "x.csv.gz")
    assert time.monotonic() - began < 5
    assert list(tmp_path.glob("*.csv*")) == []


def test_a_slow_file_that_gets_faster_is_taken(
    server: ScriptedServer, archive: HttpArchive, tmp_path: Path
) -> None:
    server.script[PATH] = [trickle(CONTENT, bytes_at_once=1, pause_s=0.1), body(CONTENT)]
    fetched = archive.fetch(ONE, tmp_path / "x.csv.gz")
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
    server: ScriptedServer, archive: HttpArchive
) -> None:
    slow = trickle(b"x" * 5000, bytes_at_once=1, pause_s=0.1)
    server.script["/data/global-hourly/access/"] = [slow] * 2
    server.script["/pub/data/noaa/isd-history.csv"] = [slow] * 2
    with pytest.raises(SourceError, match="bytes a second came"):
        archive.list_first_visit(GLOBAL_HOURLY)
    with pytest.raises(SourceError, match="bytes a second came"):
        archive.read_station_list(GLOBAL_HOURLY)


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
