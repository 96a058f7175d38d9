"""Every misbehaviour of an archive, through the real client: retried, told, nothing half kept."""

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from csv_rows import csv_file, line
from isotherm.archive.archives import fetch_all
from isotherm.archive.http_archive import HttpArchive
from isotherm.archive.http_client import RetryPolicy
from isotherm.archive.station_year import SourceFile, StationYear
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from scripted_server import (
    MISBEHAVIOURS,
    ScriptedServer,
    body,
    busy,
    long_mark,
    serve,
    status,
    weak_mark,
)

POLICY = RetryPolicy(
    attempts=3,
    first_pause_s=0.01,
    longest_pause_s=0.02,
    connect_timeout_s=20,
    read_timeout_s=20,
)
SLOW = "a byte now and then"
WANTED = [StationYear(f"{number:06d}99999", 2014, GLOBAL_HOURLY.name) for number in range(1, 6)]
VICTIM = WANTED[2]
CONTENT = csv_file(*[line(TMP=f"+{number:04d},1") for number in range(200)])
# What each ends as, where it does not pass.
SAID = {
    "429 and a pause in seconds": "answered 429",
    "429 and a pause as a date": "answered 429",
    "500": "answered 500",
    "503": "answered 503",
    "nothing in it": "the file is empty",
    "a web page": "this is a web page",
    "shorter than announced": "RemoteProtocolError|bytes came",
    "cut, no length announced": "ends in the middle of a line",
    "cut before it was gzipped": "ends in the middle of a line",
    "cut after it was gzipped": "gzip stream is cut off or damaged",
    "another header line": "no column TMP",
    SLOW: "bytes a second came",
}


def _path(one: StationYear) -> str:
    return f"/data/global-hourly/access/{one.year}/{one.station_id}.csv"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ScriptedServer]:
    folder = tmp_path / "served"
    for one in WANTED:
        path = folder / _path(one).lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(CONTENT)
    with serve(folder) as running:
        yield running


@pytest.fixture
def archive(server: ScriptedServer, request: pytest.FixtureRequest) -> Iterator[HttpArchive]:
    """One that minds the rate only where that is the fault: a busy machine is slow, too."""
    callspec = getattr(request.node, "callspec", None)
    is_slow = callspec is not None and callspec.params.get("name") == SLOW
    hurried = replace(POLICY, lowest_rate_bytes_s=20_000, rate_window_s=0.2)
    opened = HttpArchive(server.url, hurried if is_slow else POLICY)
    yield opened
    opened.close()


def test_what_each_misbehaviour_ends_as_is_written_down() -> None:
    assert SAID.keys() == MISBEHAVIOURS.keys()


@pytest.mark.parametrize("name", MISBEHAVIOURS)
def test_a_misbehaviour_that_stays_fails_its_own_file_alone_and_leaves_nothing(
    server: ScriptedServer, archive: HttpArchive, tmp_path: Path, name: str
) -> None:
    server.script[_path(VICTIM)] = [MISBEHAVIOURS[name](CONTENT)] * POLICY.attempts
    outcomes = {one.station_year: one for one in fetch_all(archive, WANTED, tmp_path / "down")}
    failed = outcomes.pop(VICTIM)
    assert failed.fetched is None
    assert re.search(SAID[name], str(failed.error)), failed.error
    assert server.url + _path(VICTIM) in str(failed.error)
    assert "Gave up after attempt 3." in str(failed.error)
    assert server.paths().count(_path(VICTIM)) == POLICY.attempts
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert {one.fetched.sha256 for one in outcomes.values() if one.fetched} == {digest}
    kept = sorted(path.name for path in (tmp_path / "down").rglob("*") if path.is_file())
    assert kept == [f"{one.station_id}.csv.gz" for one in WANTED if one != VICTIM]


@pytest.mark.parametrize("name", MISBEHAVIOURS)
def test_a_misbehaviour_that_passes_is_no_failure(
    server: ScriptedServer, archive: HttpArchive, tmp_path: Path, name: str
) -> None:
    server.script[_path(VICTIM)] = [MISBEHAVIOURS[name](CONTENT)]
    fetched = archive.fetch(VICTIM, tmp_path / "x.csv.gz")
    assert fetched is not None
    assert fetched.sha256 == hashlib.sha256(CONTENT).hexdigest()


def test_bursts_over_all_files_are_sat_out(
    server: ScriptedServer, archive: HttpArchive, tmp_path: Path
) -> None:
    for one in WANTED:
        server.script[_path(one)] = [status(503)]
    server.everywhere = [busy(429)]  # meets one of those whose own script is used up
    outcomes = list(fetch_all(archive, WANTED, tmp_path / "down"))
    assert [one.error for one in outcomes if one.error] == []
    assert len(server.paths()) == 2 * len(WANTED) + 1


@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
def test_the_pause_a_server_asks_for_is_made(
    server: ScriptedServer, archive: HttpArchive, tmp_path: Path, as_date: bool
) -> None:
    pause_s = 2 if as_date else 1  # a date has whole seconds
    began = time.monotonic()
    server.script[_path(VICTIM)] = [busy(429, pause_s=pause_s, as_date=as_date)]
    assert archive.fetch(VICTIM, tmp_path / "x.csv.gz") is not None
    assert time.monotonic() - began > 0.9


@pytest.mark.parametrize("mark", [weak_mark, long_mark])
def test_a_mark_of_any_kind_saves_the_file_the_second_time(
    server: ScriptedServer,
    archive: HttpArchive,
    tmp_path: Path,
    mark: Callable[[bytes], str],
) -> None:
    server.mark = mark
    assert mark is weak_mark or len(mark(CONTENT)) > 130
    first = archive.fetch(VICTIM, tmp_path / "x.csv.gz")
    assert first is not None
    known = SourceFile(VICTIM, first.sha256, first.published_at, first.etag)
    again = archive.fetch(VICTIM, tmp_path / "y.csv.gz", known)
    assert again is not None
    assert (again.is_changed, (tmp_path / "y.csv.gz").exists()) == (False, False)
    assert mark(CONTENT) in server.requests[-1][1]["If-None-Match"]


@pytest.mark.parametrize(
    "said",
    ["Fri, 01 Jan 2999 00:00:00 GMT", "Mon, 01 Jan 1601 00:00:00 GMT", "yesterday", ""],
)
def test_a_wrong_last_modified_is_no_publication(
    server: ScriptedServer, archive: HttpArchive, tmp_path: Path, said: str
) -> None:
    server.script[_path(VICTIM)] = [body(CONTENT, Last_Modified=said)]
    fetched = archive.fetch(VICTIM, tmp_path / "x.csv.gz")
    assert fetched is not None
    assert fetched.published_at == fetched.downloaded_at


def test_a_server_that_refuses_head_is_an_archive_all_the_same(
    server: ScriptedServer, archive: HttpArchive
) -> None:
    assert httpx.head(f"{server.url}{_path(VICTIM)}").status_code == 501
    assert archive.unreachable_reason() is None


def test_what_is_absent_is_no_failure(
    server: ScriptedServer, archive: HttpArchive, tmp_path: Path
) -> None:
    nobody = StationYear("99999999999", 2014, GLOBAL_HOURLY.name)
    assert archive.fetch(nobody, tmp_path / "x.csv.gz") is None
    for code in (404, 410):
        server.script[_path(VICTIM)] = [status(code)]
        assert archive.fetch(VICTIM, tmp_path / "x.csv.gz") is None
    assert not (tmp_path / "x.csv.gz").exists()


def test_a_bucket_lists_itself_page_by_page(server: ScriptedServer) -> None:
    server.bucket_page = 2
    found: list[str] = []
    token = ""
    while True:
        query = f"/?list-type=2&prefix=data/global-hourly/access/2014/{token}"
        page = httpx.get(f"{server.url}{query}").text
        found += re.findall(r"<Key>([^<]+)</Key>", page)
        assert f"<Size>{len(CONTENT)}</Size>" in page
        more = re.search(r"<NextContinuationToken>(\d+)<", page)
        assert ("<IsTruncated>true<" in page) == bool(more)
        if more is None:
            break
        token = f"&continuation-token={more[1]}"
    assert found == [_path(one).lstrip("/") for one in WANTED]
