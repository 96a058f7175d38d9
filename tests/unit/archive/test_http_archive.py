"""Downloads from a real server on loopback that misbehaves in every way archives do."""

import gzip
import hashlib
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from csv_rows import csv_file, header, line
from isotherm import __version__
from isotherm.archive.archives import MAX_CONCURRENT_DOWNLOADS, fetch_all
from isotherm.archive.http_archive import HttpArchive
from isotherm.archive.http_client import RetryPolicy
from isotherm.archive.station_year import FetchedFile, SourceFile, StationYear
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.errors import SourceError
from scripted_server import ScriptedServer, body, hang, status

OHARE = StationYear("72530094846", 2014, GLOBAL_HOURLY.name)
PATH = "/data/global-hourly/access/2014/72530094846.csv"
CONTENT = csv_file(*[line(TMP=f"+{number:04d},1") for number in range(500)])
MODIFIED = datetime(2025, 10, 1, 12, 30, 15, tzinfo=UTC)
LAST_MODIFIED = format_datetime(MODIFIED, usegmt=True)


def _fetched(archive: HttpArchive, target: Path, known: SourceFile | None = None) -> FetchedFile:
    fetched = archive.fetch(OHARE, target, known)
    assert fetched is not None
    return fetched


def _known(fetched: FetchedFile) -> SourceFile:
    return SourceFile(fetched.station_year, fetched.sha256, fetched.published_at, fetched.etag)


def _leftovers(target: Path) -> list[str]:
    return [path.name for path in target.parent.glob("*")] if target.parent.exists() else []


def test_a_plain_file_is_kept_as_gzip_with_its_publication_and_digest(
    server: ScriptedServer, archive: HttpArchive, target: Path
) -> None:
    server.script[PATH] = [body(CONTENT, Last_Modified=LAST_MODIFIED, ETag='"v1"')]
    fetched = _fetched(archive, target)
    assert gzip.decompress(target.read_bytes()) == CONTENT
    assert fetched.is_changed
    assert (fetched.path, fetched.size_bytes) == (target, target.stat().st_size)
    assert fetched.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert (fetched.published_at, fetched.etag) == (MODIFIED, '"v1"')
    assert abs(fetched.downloaded_at - datetime.now(UTC)) < timedelta(seconds=30)
    assert fetched.origin == server.url + PATH
    assert _leftovers(target) == [target.name]


def test_requests_say_who_asks(server: ScriptedServer, archive: HttpArchive, target: Path) -> None:
    server.script[PATH] = [body(CONTENT)]
    archive.fetch(OHARE, target)
    assert server.requests[0][1]["User-Agent"].startswith(f"Isotherm/{__version__} ")


def test_without_a_last_modified_the_download_time_is_the_publication(
    server: ScriptedServer, archive: HttpArchive, target: Path
) -> None:
    server.script[PATH] = [body(CONTENT), body(CONTENT, Last_Modified="some day")]
    for _ in range(2):
        fetched = _fetched(archive, target)
        assert fetched.published_at == fetched.downloaded_at
        assert fetched.published_at.microsecond == 0


def test_the_same_content_is_one_version_plain_or_gzipped(
    archive: HttpArchive, target: Path, publish: Callable[..., Path]
) -> None:
    plain = publish(CONTENT)
    first = _fetched(archive, target)
    plain.unlink()
    publish(gzip.compress(CONTENT, 1, mtime=12345), PATH + ".gz")
    second = _fetched(archive, target)
    assert first.sha256 == second.sha256
    assert target.read_bytes() == gzip.compress(CONTENT, 1, mtime=12345)
    assert second.origin.endswith(".csv.gz")


def test_plain_files_compress_to_the_same_bytes_every_time(
    archive: HttpArchive, target: Path, publish: Callable[..., Path]
) -> None:
    publish(CONTENT)
    archive.fetch(OHARE, target)
    first = target.read_bytes()
    time.sleep(1.1)  # gzip headers carry whole seconds
    archive.fetch(OHARE, target)
    assert target.read_bytes() == first


def test_a_content_encoding_of_the_server_is_understood(
    server: ScriptedServer, archive: HttpArchive, target: Path
) -> None:
    server.script[PATH] = [body(gzip.compress(CONTENT), Content_Encoding="gzip")]
    assert _fetched(archive, target).sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert gzip.decompress(target.read_bytes()) == CONTENT


def test_a_file_not_modified_since_is_not_sent_again(
    archive: HttpArchive, target: Path, publish: Callable[..., Path]
) -> None:
    publish(CONTENT)
    known = _known(_fetched(archive, target))
    target.unlink()
    again = _fetched(archive, target, known)
    assert not again.is_changed
    assert (again.path, again.size_bytes) == (None, 0)
    assert (again.sha256, again.published_at) == (known.sha256, known.published_at)
    assert _leftovers(target) == []


def test_the_mark_of_the_known_version_is_asked_with(
    server: ScriptedServer, archive: HttpArchive, target: Path
) -> None:
    server.script[PATH] = [status(304)]
    known = SourceFile(OHARE, "abc", MODIFIED, '"v1"')
    again = _fetched(archive, target, known)
    (_, headers), *_ = server.requests
    assert (headers["If-None-Match"], headers["If-Modified-Since"]) == ('"v1"', LAST_MODIFIED)
    assert (again.is_changed, again.etag, again.sha256) == (False, '"v1"', "abc")


def test_the_same_content_sent_again_is_no_new_version(
    server: ScriptedServer, archive: HttpArchive, target: Path
) -> None:
    server.script[PATH] = [
        body(CONTENT, Last_Modified=LAST_MODIFIED, ETag='"v1"'),
        body(CONTENT, ETag='"v2"'),
    ]
    known = _known(_fetched(archive, target))
    again = _fetched(archive, target, known)
    assert not again.is_changed
    # The rows read from it carry the first publication in their revision; the mark is the new one.
    assert (again.published_at, again.etag) == (MODIFIED, '"v2"')


def test_a_changed_file_replaces_the_one_in_place(
    server: ScriptedServer, archive: HttpArchive, target: Path
) -> None:
    newer = CONTENT + line(DATE="2024-01-02T00:51:00").encode() + b"\n"
    server.script[PATH] = [body(CONTENT, ETag='"v1"'), body(newer, ETag='"v2"')]
    known = _known(_fetched(archive, target))
    again = _fetched(archive, target, known)
    assert (again.is_changed, again.etag) == (True, '"v2"')
    assert gzip.decompress(target.read_bytes()) == newer


def test_an_absent_station_year_is_none_and_leaves_nothing(
    server: ScriptedServer, archive: HttpArchive, target: Path
) -> None:
    assert archive.fetch(OHARE, target) is None
    assert server.paths() == [PATH, PATH + ".gz"]
    assert _leftovers(target) == []


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
def test_a_transient_answer_is_asked_again(
    server: ScriptedServer, archive: HttpArchive, target: Path, code: int
) -> None:
    server.script[PATH] = [status(code), status(code), body(CONTENT)]
    assert _fetched(archive, target).is_changed
    assert server.paths() == [PATH] * 3


def test_retry_after_is_honoured_in_seconds_and_as_a_date(
    server: ScriptedServer, archive: HttpArchive, target: Path
) -> None:
    began = time.monotonic()
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
    server.script[PATH] = [status(429, Retry_After="1"), status(503, Retry_After=soon), body(CONTENT)]
    assert _fetched(archive, target).is_changed
    assert time.monotonic() - began > 1.9


@pytest.mark.parametrize("value", ["\xb2", "soon", "-1", "Mon, 01 Jan 9999 00:00:00 -2300"])
def test_a_retry_after_that_says_nothing_is_passed_over(
    server: ScriptedServer, target: Path, value: str
) -> None:
    hurried = RetryPolicy(first_pause_s=0.01, longest_pause_s=0.02, longest_retry_after_s=0.05)
    archive = HttpArchive(server.url, hurried)
    server.script[PATH] = [status(503, Retry_After=value), body(CONTENT)]
    assert _fetched(archive, target).is_changed
    archive.close()


def test_a_refusal_is_not_asked_twice(
    server: ScriptedServer, archive: HttpArchive, target: Path
) -> None:
    server.script[PATH] = [status(403)]
    with pytest.raises(SourceError, match="answered 403"):
        archive.fetch(OHARE, target)
    assert server.paths() == [PATH]


PAGE = b"<!DOCTYPE html><html><body>Down for maintenance</body></html>\n"
NO_TMP = header(["STATION", "DATE", "SOURCE", "REPORT_TYPE"]).encode() + b"\n"


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (status(500), "answered 500"),
        (body(PAGE), "web page"),
        (body(CONTENT[:-100], announced=len(CONTENT)), "RemoteProtocolError|bytes came"),
        (body(CONTENT[:-5]), "ends in the middle of a line"),
        (body(gzip.compress(CONTENT)[:-50]), "cut off or damaged"),
        (body(NO_TMP), "no column TMP"),
        (body(b""), "empty"),
        (hang(1.0), "ReadTimeout"),
    ],
)
def test_what_is_not_the_file_is_an_error_after_retries_and_never_a_partial_file(
    server: ScriptedServer,
    archive: HttpArchive,
    hasty: HttpArchive,
    target: Path,
    wrong: object,
    why: str,
) -> None:
    server.script[PATH] = [body(CONTENT), *[wrong] * 3]  # type: ignore[list-item]
    known = _known(_fetched(archive, target))
    with pytest.raises(SourceError, match=why) as raised:
        (hasty if why == "ReadTimeout" else archive).fetch(OHARE, target, known)
    assert server.url + PATH in str(raised.value)
    assert "Gave up after attempt 3." in str(raised.value)
    assert gzip.decompress(target.read_bytes()) == CONTENT
    assert _leftovers(target) == [target.name]


@pytest.mark.parametrize("wrong", [body(PAGE), body(CONTENT[:99], announced=len(CONTENT)), hang(1.0)])
def test_a_fault_that_passes_is_overcome(
    server: ScriptedServer, hasty: HttpArchive, target: Path, wrong: object
) -> None:
    server.script[PATH] = [wrong, body(CONTENT), body(CONTENT)]  # type: ignore[list-item]
    assert _fetched(hasty, target).sha256 == hashlib.sha256(CONTENT).hexdigest()


def test_a_disk_that_cannot_be_written_is_an_error_that_names_the_path(
    server: ScriptedServer, archive: HttpArchive, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    server.script[PATH] = [body(CONTENT)] * 3
    with pytest.raises(SourceError, match=r"file/x\.csv\.gz: could not be written"):
        archive.fetch(OHARE, tmp_path / "file" / "x.csv.gz")


def test_many_are_fetched_four_at_once_and_one_failure_stops_no_other(
    server: ScriptedServer, archive: HttpArchive, tmp_path: Path
) -> None:
    wanted = [StationYear(f"{number:011d}", 2014, GLOBAL_HOURLY.name) for number in range(12)]
    together = threading.Barrier(MAX_CONCURRENT_DOWNLOADS, timeout=20)

    def slow(handler: object) -> None:
        together.wait()  # passes only when four requests are under way
        body(CONTENT)(handler)  # type: ignore[arg-type]

    for one in wanted:
        server.script[f"/data/global-hourly/access/2014/{one.station_id}.csv"] = [slow]
    bad = StationYear("99999999999", 2014, GLOBAL_HOURLY.name)
    server.script[f"/data/global-hourly/access/2014/{bad.station_id}.csv"] = [status(403)]
    absent = StationYear("88888899999", 2014, GLOBAL_HOURLY.name)
    outcomes = list(fetch_all(archive, [*wanted, bad, absent], tmp_path / "many"))
    assert [one.station_year for one in outcomes] == [*wanted, bad, absent]
    assert all(one.fetched and one.fetched.is_changed for one in outcomes[:12])
    assert "403" in str(outcomes[12].error)
    assert (outcomes[13].fetched, outcomes[13].error) == (None, None)
    assert server.most_in_flight == MAX_CONCURRENT_DOWNLOADS
    assert len(list((tmp_path / "many" / GLOBAL_HOURLY.name / "2014").iterdir())) == 12
