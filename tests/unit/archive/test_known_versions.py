"""A version we have, or have refused, is not sent again: by its mark, by time, or by its content."""

import gzip
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from csv_rows import csv_file, line
from isotherm.archive.directory_archive import DirectoryArchive
from isotherm.archive.http_archive import HttpArchive
from isotherm.archive.http_client import RetryPolicy
from isotherm.archive.known_versions import KnownVersions
from isotherm.archive.simulated_archive import SimulatedArchive
from isotherm.archive.station_year import Archive, FetchedFile, SourceFile, StationYear
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from scripted_server import ScriptedServer, body, serve, status

ONE = StationYear("72530094846", 2014, GLOBAL_HOURLY.name)
PATH = "/data/global-hourly/access/2014/72530094846.csv"
WHOLE = csv_file(*[line(DATE=f"2014-01-{day:02d}T00:51:00") for day in range(1, 31)])
SHRUNK = csv_file(line(DATE="2014-01-01T00:51:00"))
KEPT_AT = datetime(2024, 5, 1, tzinfo=UTC)
REFUSED_AT = datetime(2024, 5, 9, 12, tzinfo=UTC)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ScriptedServer]:
    (tmp_path / "served").mkdir()
    with serve(tmp_path / "served") as running:
        yield running


@pytest.fixture
def archive(server: ScriptedServer) -> Iterator[HttpArchive]:
    opened = HttpArchive(server.url, RetryPolicy(attempts=1))
    yield opened
    opened.close()


def _published(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def _as_known(fetched: FetchedFile | None) -> SourceFile:
    assert fetched is not None
    return SourceFile(fetched.station_year, fetched.sha256, fetched.published_at, fetched.etag)


@pytest.fixture
def kept(server: ScriptedServer, archive: HttpArchive, tmp_path: Path) -> SourceFile:
    server.script[PATH] = [body(WHOLE, ETag='"v1"', Last_Modified=_published(KEPT_AT))]
    return _as_known(archive.fetch(ONE, tmp_path / "kept.csv.gz"))


@pytest.fixture
def refused(
    server: ScriptedServer, archive: HttpArchive, kept: SourceFile, tmp_path: Path
) -> SourceFile:
    server.script[PATH] = [body(SHRUNK, ETag='"v2"', Last_Modified=_published(REFUSED_AT))]
    return _as_known(archive.fetch(ONE, tmp_path / "refused.csv.gz", kept))


def _asked_again(
    archive: Archive, tmp_path: Path, kept: SourceFile, refused: SourceFile | None
) -> FetchedFile:
    fetched = archive.fetch(ONE, tmp_path / "again.csv.gz", kept, refused)
    assert fetched is not None
    assert (tmp_path / "again.csv.gz").exists() == fetched.is_changed
    return fetched


def test_an_archive_is_asked_with_both_marks_and_its_answer_says_which_it_still_has(
    server: ScriptedServer, archive: HttpArchive, kept: SourceFile, refused: SourceFile, tmp_path: Path
) -> None:
    for etag, is_refused_again in (('"v2"', True), ('W/"v2"', True), ('"v1"', False)):
        server.script[PATH] = [status(304, ETag=etag)]
        again = _asked_again(archive, tmp_path, kept, refused)
        assert (again.is_changed, again.is_refused_again) == (False, is_refused_again)
        assert again.sha256 == (refused if is_refused_again else kept).sha256
    _, headers = server.requests[-1]
    assert headers["If-None-Match"] == '"v1", "v2"'
    assert headers["If-Modified-Since"] == _published(REFUSED_AT)


def test_an_answer_without_a_mark_means_the_newest_version(
    server: ScriptedServer, archive: HttpArchive, kept: SourceFile, refused: SourceFile, tmp_path: Path
) -> None:
    server.script[PATH] = [status(304), status(304)]
    assert _asked_again(archive, tmp_path, kept, refused).is_refused_again
    assert not _asked_again(archive, tmp_path, kept, None).is_refused_again


def test_a_refused_version_sent_all_the_same_is_known_by_its_content(
    server: ScriptedServer, archive: HttpArchive, kept: SourceFile, refused: SourceFile, tmp_path: Path
) -> None:
    server.script[PATH] = [
        body(SHRUNK, ETag='"v3"'),
        body(gzip.compress(SHRUNK)),
        body(WHOLE, ETag='"v4"'),
    ]
    renamed = _asked_again(archive, tmp_path, kept, refused)
    assert (renamed.is_refused_again, renamed.etag) == (True, '"v3"')
    assert renamed.published_at == REFUSED_AT
    packed = _asked_again(archive, tmp_path, kept, refused)
    # A server that gives no mark does not take away the one we have.
    assert (packed.is_refused_again, packed.etag) == (True, '"v2"')
    restored = _asked_again(archive, tmp_path, kept, refused)
    assert (restored.is_changed, restored.is_refused_again, restored.etag) == (False, False, '"v4"')


def test_a_version_newer_than_the_refused_one_is_sent(
    server: ScriptedServer, archive: HttpArchive, kept: SourceFile, refused: SourceFile, tmp_path: Path
) -> None:
    newer = WHOLE + line(DATE="2014-01-31T00:51:00").encode() + b"\n"
    server.script[PATH] = [body(newer, ETag='"v3"')]
    fetched = _asked_again(archive, tmp_path, kept, refused)
    assert (fetched.is_changed, fetched.is_refused_again) == (True, False)


def test_a_real_server_without_marks_is_asked_by_time(
    server: ScriptedServer, archive: HttpArchive, tmp_path: Path
) -> None:
    file = tmp_path / "served" / PATH.lstrip("/")
    file.parent.mkdir(parents=True)
    versions = []
    for content, moment in ((WHOLE, KEPT_AT), (SHRUNK, REFUSED_AT)):
        file.write_bytes(content)
        os.utime(file, (moment.timestamp(), moment.timestamp()))
        versions.append(_as_known(archive.fetch(ONE, tmp_path / "x.csv.gz")))
    assert _asked_again(archive, tmp_path, *versions).is_refused_again
    assert server.requests[-1][1]["If-Modified-Since"] == _published(REFUSED_AT)


def test_a_directory_does_not_copy_a_refused_version_again(tmp_path: Path) -> None:
    file = tmp_path / f"archive{PATH}"
    file.parent.mkdir(parents=True)
    archive = DirectoryArchive(tmp_path / "archive")
    versions = []
    for content in (WHOLE, SHRUNK):
        file.write_bytes(content)
        versions.append(_as_known(archive.fetch(ONE, tmp_path / "x.csv.gz")))
    assert _asked_again(archive, tmp_path, *versions).is_refused_again
    os.utime(file, (1, 1))
    touched = _asked_again(archive, tmp_path, *versions)
    assert touched.is_refused_again
    assert touched.etag != versions[1].etag
    file.write_bytes(WHOLE)
    restored = _asked_again(archive, tmp_path, *versions)
    assert (restored.is_changed, restored.is_refused_again) == (False, False)


def test_a_simulated_version_is_known_by_its_mark(tmp_path: Path) -> None:
    days = iter([date(2024, 7, 10), date(2024, 7, 11), date(2024, 7, 11)])
    archive = SimulatedArchive(today=lambda: next(days))
    one = StationYear("ZZ000299999", 2024, GLOBAL_HOURLY.name)
    versions = [_as_known(archive.fetch(one, tmp_path / "x.csv.gz")) for _ in range(2)]
    again = archive.fetch(one, tmp_path / "again.csv.gz", *versions)
    assert again is not None
    assert again.is_refused_again
    assert not (tmp_path / "again.csv.gz").exists()


def test_a_mark_that_no_request_can_carry_is_left_out(
    server: ScriptedServer, archive: HttpArchive, tmp_path: Path
) -> None:
    server.script[PATH] = [body(WHOLE, ETag='"\xe9"', Last_Modified=_published(KEPT_AT)), status(304)]
    first = archive.fetch(ONE, tmp_path / "x.csv.gz")
    assert first is not None
    assert first.etag is None
    again = archive.fetch(ONE, tmp_path / "y.csv.gz", _as_known(first))
    assert again is not None
    assert not again.is_changed
    assert "If-None-Match" not in server.requests[-1][1]


@pytest.mark.parametrize("length", [0, 130, 1022, 5000])
def test_a_mark_of_any_length_is_handed_on_whole(
    server: ScriptedServer, archive: HttpArchive, tmp_path: Path, length: int
) -> None:
    etag = f'"{"a" * length}"'
    server.script[PATH] = [body(WHOLE, ETag=etag), status(304, ETag=etag)]
    first = archive.fetch(ONE, tmp_path / "x.csv.gz")
    assert first is not None
    assert first.etag == etag
    again = archive.fetch(ONE, tmp_path / "y.csv.gz", _as_known(first))
    assert again is not None
    assert not again.is_changed
    assert server.requests[-1][1].get("If-None-Match") == (etag if length < 1023 else None)


@pytest.mark.parametrize(
    "modified",
    ["some day", "", "Thu, 01 Jan 1959 00:00:00 GMT",
     "Fri, 31 Dec 9999 23:59:59 -1200", "Thu, 99 Jan 2020 00:00:00 GMT"],
)  # fmt: skip
def test_a_last_modified_that_cannot_be_is_not_taken_for_a_publication(
    server: ScriptedServer, archive: HttpArchive, tmp_path: Path, modified: str
) -> None:
    server.script[PATH] = [body(WHOLE, Last_Modified=modified)]
    fetched = archive.fetch(ONE, tmp_path / "x.csv.gz")
    assert fetched is not None
    assert fetched.published_at == fetched.downloaded_at


def test_nothing_known_sets_no_condition() -> None:
    assert KnownVersions().conditions == {}
    unmarked = SourceFile(ONE, "abc", KEPT_AT)
    assert KnownVersions(unmarked).conditions == {"If-Modified-Since": _published(KEPT_AT)}
    assert KnownVersions(unmarked).of_etag(None) is None
    later = SourceFile(ONE, "def", KEPT_AT + timedelta(days=1), '"v"')
    assert KnownVersions(unmarked, later).of_unmodified(None) is later
